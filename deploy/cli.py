"""The `patchbay` command. Each subcommand imports its program only when it is called."""

# ruff: noqa: PLC0415  (see above: the wall between the programs holds, and `patchbay version` stays fast)

import os
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from connectors.kit.errors import InvalidSettings
from deploy.connector_kit.commands import connectors_app
from deploy.errors import CannotRun

if TYPE_CHECKING:
    from connectors.kit.program_settings import KafkaSettings, ProgramSettings

Settings = TypeVar("Settings", bound="ProgramSettings")
EXIT_CANNOT_RUN, EXIT_INVALID_SETTINGS = 1, 2  # `deploy.local.parts` knows the second one

app = typer.Typer(
    help="Patchbay: delivers what happens to profiles, from Kafka to partners.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
topics_app = typer.Typer(help="The topics on the broker.", no_args_is_help=True)
config_app = typer.Typer(help="The published configuration.", no_args_is_help=True)
audience_app = typer.Typer(help="The state of an audience at a partner.", no_args_is_help=True)
secrets_app = typer.Typer(help="The key ring that secrets are sealed with.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(config_app, name="config")
app.add_typer(secrets_app, name="secrets")
app.add_typer(audience_app, name="audience")
app.add_typer(connectors_app, name="connectors")

PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print the settings, secrets masked, and end.")]
ApiUrl = Annotated[str | None, typer.Option("--api", help="The control plane; found by itself beside `patchbay up`.")]
ApiKey = Annotated[str | None, typer.Option("--api-key", help="Default: PATCHBAY_API_KEY.", show_default=False)]
KafkaAddress = Annotated[
    str | None, typer.Option("--kafka", help="host:port; default: PATCHBAY_KAFKA__BOOTSTRAP_SERVERS.")
]


def main() -> None:
    """Runs the command line; what cannot be done is said in one message, without a traceback."""
    try:
        app()
    except InvalidSettings as error:
        _fail(str(error), EXIT_INVALID_SETTINGS)
    except CannotRun as error:
        _fail(str(error), EXIT_CANNOT_RUN)


def _fail(message: str, code: int) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=1, max=32, help="How many workers deliver.")] = 1,
    kafka: Annotated[str | None, typer.Option(help="host:port of a Kafka that runs already.")] = None,
    database: Annotated[str | None, typer.Option(help="URL of a database, such as postgresql://…")] = None,
    data_dir: Annotated[Path, typer.Option(help="The folder of everything that is kept.")] = Path(".patchbay"),
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the control plane.")] = None,
    partitions: Annotated[int | None, typer.Option(min=1, max=1024, help="Of new topics.")] = None,
) -> None:
    """Run the whole system on this machine: Kafka, control plane, workers and simulated partners."""
    from deploy.local.plan import UpOptions
    from deploy.local.up import Up

    Up(UpOptions(data_dir, workers, kafka, database, port, partitions), Console()).run()


@app.command()
def worker(print_config: PrintConfig = False) -> None:
    """Deliver: read profile events, send them to partners, account for each."""
    from stream_workers.settings import WorkerSettings

    settings = _load(WorkerSettings, print_config)
    from stream_workers.worker import run_worker

    sys.exit(run_worker(settings))


@app.command()
def metrics(print_config: PrintConfig = False) -> None:
    """Count: fold outcomes and failed attempts into the statistics."""
    from stream_workers.settings import WorkerSettings

    settings = _load(WorkerSettings, print_config)
    from stream_workers.worker import run_metrics

    sys.exit(run_metrics(settings))


@app.command("control-plane")
def control_plane(print_config: PrintConfig = False) -> None:
    """Serve the API and the console, and publish what admins configure."""
    from control_plane.settings import ControlPlaneSettings

    settings = _load(ControlPlaneSettings, print_config)
    from deploy.control_plane_server import serve

    serve(settings)


@topics_app.command("apply")
def apply(
    kafka: KafkaAddress = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="The common partition count; by default what is there, or 8.")
    ] = None,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each new topic's records.")] = 1,
) -> None:
    """Create and alter the topics until they are as they must be; a second time changes nothing."""
    from deploy.tables import topics_table
    from deploy.topics import apply_topics

    Console().print(topics_table(apply_topics(_kafka_settings(kafka), partitions, replication)))


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="One event per line, as JSON; - reads standard input.")],
    kafka: KafkaAddress = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Send bad lines too, to see what becomes of them.")] = False,
) -> None:
    """Send events to Kafka, keyed by profile; lines that no worker could read are named and left out."""
    from deploy.sending import send_with_progress

    result = send_with_progress(_kafka_settings(kafka), file, as_is=as_is)
    for problem in result.problems:
        typer.secho(problem, fg="yellow", err=True)
    typer.echo(f"{result.acknowledged:,} events sent, {result.refused:,} refused.")
    if result.refused:
        sys.exit(EXIT_CANNOT_RUN)


@app.command()
def stats(
    window: Annotated[str, typer.Option(help="7d, 30d or 90d.")] = "7d",
    time_zone: Annotated[str, typer.Option(help="The days are those of this time zone.")] = "UTC",
    api: ApiUrl = None,
    api_key: ApiKey = None,
) -> None:
    """Show what was sent, removed or failed, per connector and action."""
    from deploy.api_client import ApiClient
    from deploy.tables import statistics_table

    answer = ApiClient(api, api_key).get("/v1/statistics", window=window, time_zone=time_zone, detail="totals")
    Console().print(statistics_table(answer))


@config_app.command()
def republish(api: ApiUrl = None, api_key: ApiKey = None) -> None:
    """Put the whole published configuration on its topic again; harmless at any time."""
    from deploy.api_client import ApiClient
    from deploy.republishing import republish_with_progress

    records = republish_with_progress(ApiClient(api, api_key))
    typer.echo(f"{records:,} config records published again.")


ConfigFile = Annotated[Path, typer.Argument(help="The file that `patchbay export` writes.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete what the file does not hold.")]


@app.command()
def export(api: ApiUrl = None, api_key: ApiKey = None) -> None:
    """Write the whole configuration as YAML; secrets are only referred to, never shown."""
    from deploy.api_client import ApiClient
    from deploy.config_as_code.commands import export as exported

    typer.echo(exported(ApiClient(api, api_key)), nl=False)


@app.command()
def plan(
    file: ConfigFile,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="End with 1 when something would change.")] = False,
    api: ApiUrl = None,
    api_key: ApiKey = None,
) -> None:
    """Show how the configuration differs from a file, and so what `apply` would do."""
    from deploy.api_client import ApiClient
    from deploy.config_as_code.commands import plan as planned

    made = planned(ApiClient(api, api_key), file, typer.echo, prune=prune)
    if check and not made.is_empty:
        sys.exit(EXIT_CANNOT_RUN)


@app.command("apply")
def apply_config(
    file: ConfigFile,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    prune: Prune = False,
    replace_secrets: Annotated[
        bool, typer.Option("--replace-secrets", help="Send all secrets, also those that are set.")
    ] = False,
    api: ApiUrl = None,
    api_key: ApiKey = None,
) -> None:
    """Make the configuration as a file says: drafts, publications and activations. A second time changes nothing."""
    from deploy.api_client import ApiClient
    from deploy.config_as_code.commands import apply as applied

    def confirm() -> bool:
        return yes or typer.confirm("Do this?")

    applied(ApiClient(api, api_key), file, typer.echo, confirm, prune=prune, replace_secrets=replace_secrets)


@secrets_app.command("new-key")
def new_key() -> None:
    """Make a key for PATCHBAY_SECRETS__KEYS; put it before the older ones."""
    from connectors.kit.sealing import new_key as make

    typer.echo(make())


@secrets_app.command()
def rotate() -> None:
    """Seal every stored secret with the newest key, and send what is published out again.

    First put the new key before the others in PATCHBAY_SECRETS__KEYS of every program, and restart them. When this
    has run, and the workers have applied it, the older keys can be taken away.
    """
    from deploy.secret_rotation import rotate as rotate_secrets

    rotated = rotate_secrets()
    typer.echo(f"{rotated.values:,} sealed values are new; {rotated.records:,} config records go out again.")


Snapshot = Annotated[str, typer.Option(help="A file of JSON lines, one member each; or topic:NAME, a compacted topic.")]
ActionId = Annotated[str, typer.Option("--action", help="The action whose partner is meant.")]
AsOf = Annotated[str | None, typer.Option(help="When the snapshot was true, RFC 3339; now when left out.")]


@audience_app.command()
def resync(
    audience: Annotated[str, typer.Argument(help="The audience's source id.")],
    action: ActionId,
    snapshot: Snapshot,
    as_of: AsOf = None,
    workspace: str = "default",
    kafka: KafkaAddress = None,
) -> None:
    """Send the state of every member of a snapshot to one action's partner; changes that came later win over it."""
    from deploy.audience_commands import resync_audience

    sent = resync_audience(_kafka_settings(kafka), audience, (workspace, action), snapshot, as_of)
    typer.echo(f"{sent:,} states sent; the statistics show what the partner accepts.")


@audience_app.command()
def reconcile(  # noqa: PLR0913, PLR0917  # they are a command's options
    audience: Annotated[str, typer.Argument(help="The audience's source id.")],
    action: ActionId,
    snapshot: Snapshot,
    as_of: AsOf = None,
    workspace: str = "default",
    repair: Annotated[bool, typer.Option("--repair", help="Send what is missing, and remove what is surplus.")] = False,
    kafka: KafkaAddress = None,
) -> None:
    """List who should be in but was not accepted, and who was accepted but should not be in."""
    from deploy.audience_commands import reconcile_audience

    for line in reconcile_audience(
        _kafka_settings(kafka), audience, (workspace, action), snapshot, as_of, repair=repair
    ):
        typer.echo(line)


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Only say what is stale; ends with 1 then.")] = False,
) -> None:
    """Write docs/api.md and docs/asyncapi.yaml from the programs; works in a checkout."""
    from deploy.connector_kit.source_tree import this_source_tree
    from deploy.reference.pages import STALE, stale_references, write_references

    folder = this_source_tree().root / "docs"
    if not check:
        typer.echo("\n".join(write_references(folder)) or "Everything is current.")
    elif stale := stale_references(folder):
        typer.secho(f"{', '.join(stale)}: stale. {STALE}", fg="red", err=True)
        sys.exit(EXIT_CANNOT_RUN)


@app.command()
def version() -> None:
    """Say which version this is."""
    typer.echo(f"patchbay {installed_version('patchbay')}")


def _load(type_: type[Settings], print_config: bool) -> Settings:
    """The settings of a program that is about to run; with `print_config` they are shown and nothing runs."""
    from connectors.kit.program_settings import load_settings, masked

    settings = load_settings(type_)
    if print_config:
        typer.echo(masked(settings), nl=False)
        raise typer.Exit
    return settings


def _kafka_settings(address: str | None) -> "KafkaSettings":
    from connectors.kit.program_settings import ProgramSettings, load_settings
    from deploy.local.folder import DEFAULT_FOLDER, StackFolder

    settings = load_settings(ProgramSettings).kafka
    if address is None and "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS" not in os.environ:
        address = StackFolder(DEFAULT_FOLDER).addresses().get("kafka")
    return settings if address is None else settings.model_copy(update={"bootstrap_servers": address})


if __name__ == "__main__":
    main()
