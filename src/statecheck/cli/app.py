"""The typer application: one module a command."""

from __future__ import annotations

from typing import Annotated

import typer

from statecheck.cli import baseline, check, clean, config, deploy, explain, init, rule, settings, test_rules, version

app = typer.Typer(
    name="statecheck",
    rich_markup_mode=None,  # rich takes longer to import than --help to run
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
)


def _show_version(value: bool) -> None:
    if value:
        version.show()
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version and stop.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Find what stops a Python application from running as stateless processes.

    Without a command, the arguments are those of check: "statecheck src/".
    """


app.command("check")(check.command)
app.add_typer(baseline.app, name="baseline")
app.command("init")(init.command)
app.command("config")(config.command)
app.command("rule")(rule.command)
app.command("test-rules")(test_rules.command)
app.command("explain")(explain.command)
app.command("settings")(settings.command)
app.command("deploy")(deploy.command)
app.command("clean")(clean.command)
app.command("version")(version.command)
