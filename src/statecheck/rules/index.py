"""The table of all rules in ``rules/README.md``. ``python -m statecheck.rules.index`` writes it."""

from __future__ import annotations

from pathlib import Path

from statecheck.rules.load import default_pack_path, load
from statecheck.rules.schema import Pack

BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"


def table(pack: Pack) -> str:
    """The rules as a Markdown table, by code."""
    rows = ["| code | rule | severity | status | what it flags |", "|---|---|---|---|---|"]
    for rule in sorted(pack.rules.values(), key=lambda rule: rule.code):
        link = f"[{rule.name}]({rule.family}/{rule.name}/README.md)"
        summary = rule.summary.replace("|", "\\|")
        rows.append(f"| {rule.code} | {link} | {rule.severity} | {rule.status} | {summary} |")
    return "\n".join(rows)


def refreshed(text: str, pack: Pack) -> str:
    """The text of the README with the table between its two markers written anew. Raises ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f'the page has no "{BEGIN}" … "{END}"')
    return f"{before}{BEGIN}\n{table(pack)}\n{END}{after}"


def readme() -> Path:
    """The page that holds the table."""
    return default_pack_path() / "README.md"


if __name__ == "__main__":
    readme().write_text(refreshed(readme().read_text(encoding="utf-8"), load()), encoding="utf-8")
