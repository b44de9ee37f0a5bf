"""Which files are documents, and of which format, by their paths alone.

The first row that fits decides, so special names stand before suffixes. ``cfn`` and ``conf`` are names that several
formats share: their content decides (see :func:`statecheck.facts.documents.read_document`).
"""

from __future__ import annotations

import re

# (pattern searched in the path in lower case without a template's suffix, format)
_ROWS: tuple[tuple[str, str], ...] = (
    (r"(^|/)(.*[._-])?(dockerfile|containerfile)([._-][\w.-]*)?$", "dockerfile"),
    (r"(^|/)procfile(\.[\w-]+)?$|\.procfile$", "procfile"),
    (r"(^|/)\.env(\.[\w.-]+)?$|(^|/)[\w.-]*\.env$|(^|/)(dot)?env\.(example|sample|template|dist)$", "env"),
    (r"(^|/)caddyfile(\.[\w-]+)?$|\.caddyfile$", "caddyfile"),
    (r"(^|/)[\w.-]*haproxy[\w.-]*\.(cfg|conf)$|(^|/)haproxy/([\w.-]+/)*[\w.-]+\.(cfg|conf)$", "haproxy"),
    (r"(^|/)squid[\w.-]*\.conf$", "squid"),
    (r"(^|/)keepalived[\w.-]*\.conf$", "keepalived"),
    (r"(^|/)(httpd|apache)[\w.-]*\.conf$|(^|/)(httpd|apache2?)/([\w.-]+/)*[\w.-]+\.(conf|vhost)$", "apache"),
    (r"(^|/)supervisord?[\w.-]*\.conf$|(^|/)supervisor/([\w.-]+/)*[\w.-]+\.conf$", "ini"),
    (r"(^|/)workers\.properties$", "ini"),
    (r"(^|/)\.ebextensions/[^/]+\.config$", "yaml"),
    (r"(^|/)(app|railway|fly|template|main|serverless|apprunner|caddy[\w.-]*|.*task[\w.-]*def[\w.-]*)\.json$", "json"),
    (r"(^|/)(azuredeploy|maintemplate|docker-compose|compose)[\w.-]*\.json$", "json"),
    (r"\.(arm|cfn|caddy|cloudformation|template)\.json$", "json"),
    (r"(^|/)(arm|cloudformation)/([\w.-]+/)*[\w.-]+\.json$", "json"),
    (r"\.(tf|tofu)\.json$", "tf-json"),
    (r"\.ya?ml$", "yaml"),
    (r"\.(tf|tofu|hcl|tfvars|nomad)$", "hcl"),
    (r"\.toml$", "toml"),
    (r"\.nginx$|nginx[\w.-]*\.conf$|nginx[\w.-]*/([\w.-]+/)*[\w.-]+\.conf$", "nginx"),
    (r"(^|/)sites-(available|enabled)/[^/]+$|\.(conf|vhost)$", "conf"),
    (r"\.(ini|cfg|service)$", "ini"),
    (r"\.vcl$", "vcl"),
    (r"\.bicep$", "bicep"),
    (r"(^|/)(gnu)?makefile$|\.mk$", "makefile"),
    (r"\.(sh|bash|ps1)$|(^|/)(docker-)?entrypoint$", "shell"),
)  # fmt: skip
_TEMPLATE = re.compile(r"\.(j2|jinja2?|erb|tmpl|tpl)$|(?<=[a-z])\.template$")
_TABLE = tuple((re.compile(pattern), format) for pattern, format in _ROWS)
# A cheap test before the rows: most files of a tree are no documents.
_WORTH_A_LOOK = re.compile(
    r"\.(ya?ml|json|tf|tofu|hcl|tfvars|nomad|toml|nginx|vhost|conf|config|ini|cfg|service|vcl|bicep|mk|sh|bash|ps1)$"
    r"|\.(env|properties|caddyfile|procfile|dockerfile|j2|jinja2?|erb|tmpl|tpl|template)$"
    r"|(^|/)[^/.]*$|file([._-][^/]*)?$|\.env\.[^/]+$|env\.(example|sample|dist)$"
)


def format_of(path: str) -> str:
    """The format that a path suggests, "" for none. A template's suffix is looked through: ``site.conf.j2``."""
    name = path.lower()
    if not _WORTH_A_LOOK.search(name):
        return ""
    plain = _TEMPLATE.sub("", name)
    for pattern, format in _TABLE:
        if pattern.search(plain):
            return format
    if name.endswith(".template") and plain != name:
        return "nginx" if "nginx" in name.rpartition("/")[2] else "cfn"
    return "conf" if plain != name and "." not in plain.rpartition("/")[2] else ""
