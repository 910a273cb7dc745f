"""`patchbay connectors …`: each command imports what it needs only when it is called."""

# ruff: noqa: PLC0415  (see above: `patchbay version` stays fast)

import sys
from enum import StrEnum
from typing import Annotated

import typer

connectors_app = typer.Typer(help="Connector types: make, check, document, record.", no_args_is_help=True)

FAILED = 1

Name = Annotated[str, typer.Argument(help="The key of a connector type, such as acme.")]


class Authentication(StrEnum):
    """How the partner of a new connector type knows who calls."""

    BEARER = "bearer"
    BASIC = "basic"
    NONE = "none"


@connectors_app.command()
def new(
    name: Name,
    auth: Annotated[Authentication, typer.Option(help="How the partner knows who calls.")] = Authentication.BEARER,
) -> None:
    """Make a connector type that passes its checks, ready to be edited."""
    from deploy.connector_kit.scaffolding import make_connector
    from deploy.connector_kit.source_tree import this_source_tree

    for path in make_connector(this_source_tree(), name, auth.value):
        typer.echo(path)
    typer.echo(f"Now edit it, and run `patchbay connectors check {name}`.")


@connectors_app.command()
def check(name: Annotated[str | None, typer.Argument(help="Only this connector type.")] = None) -> None:
    """Run the rules and the recorded cases of one connector type, or of all."""
    from deploy.connector_kit.checking import check_types

    reports = check_types(name)
    for report in reports:
        typer.secho(str(report), fg="red" if report.problems else "green")
    if any(report.problems for report in reports):
        sys.exit(FAILED)


@connectors_app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail when a page is stale.")] = False,
) -> None:
    """Write the pages of docs/connectors from the declarations."""
    from deploy.connector_kit.documentation import stale_pages, write_pages
    from deploy.connector_kit.source_tree import this_source_tree

    tree = this_source_tree()
    stale = stale_pages(tree.documentation)
    for page in stale:
        typer.echo(page.name)
    if check and stale:
        typer.secho("These pages are stale; run `patchbay connectors docs`.", fg="red", err=True)
        sys.exit(FAILED)
    write_pages(tree.documentation, stale)


@connectors_app.command()
def record(name: Name) -> None:
    """Rewrite what the cases of a connector type say it sends, and show what changed."""
    from deploy.connector_kit.recording import record_cases

    changes = record_cases(name)
    for change in changes:
        typer.echo(change, nl=False)
    typer.echo(f"{len(changes)} cases changed." if changes else "Nothing changed.")
