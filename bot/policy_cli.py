"""`waggle policy`: look at a policy file. It needs no Redis, and Slack with --slack alone."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="policy",
    help="Check, explain and describe policy files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="Default: what WAGGLE_POLICY names.")] = None,
    *,
    cluster: Annotated[
        list[str] | None, typer.Option(help="A swarm that there is; others are warned of.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A user group that there is, S…; others likewise.")
    ] = None,
    slack: Annotated[
        bool, typer.Option("--slack", help="Ask Slack about every id in it, with SLACK_BOT_TOKEN.")
    ] = False,
) -> None:
    """Say what is wrong with a policy file, by line and column; exit 1 if something is.

    With --slack exit 2 if Slack could not be asked.
    """
    from bot import policy_tool

    raise typer.Exit(policy_tool.check(file, cluster or None, group or None, slack=slack))


@app.command()
def explain(  # noqa: PLR0913 - each is an option of the command line
    user: Annotated[str, typer.Argument(help="Id of a person, U…")],
    verb: Annotated[str, typer.Argument(help="A right (update, remove, …) or a typed verb (rm).")],
    service: Annotated[str, typer.Argument(help="The service's name.")],
    *,
    label: Annotated[list[str] | None, typer.Option(help="A service label, key=value.")] = None,
    constraint: Annotated[list[str] | None, typer.Option(help="A placement constraint.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="A network's name.")] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="A secret that is new to it, with its labels: NAME,KEY=VALUE,…."),
    ] = None,
    config: Annotated[list[str] | None, typer.Option(help="A config, likewise.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A user group they are in, S….")] = None,
    cluster: Annotated[str, typer.Option(help="The swarm's name.")] = "default",
    channel: Annotated[str, typer.Option(help="Where it is typed, C….")] = "",
    file: Annotated[Path | None, typer.Option(help="Default: what WAGGLE_POLICY names.")] = None,
) -> None:
    """Say whether somebody may do something to a service, which rule decides, and why.

    Freezes are told, not looked up: whether one is on now, the bot knows.
    """
    from bot import policy_tool

    asked = policy_tool.Question(
        user=user,
        verb=verb,
        service=service,
        labels=label or [],
        constraints=constraint or [],
        networks=network or [],
        secrets=secret or [],
        configs=config or [],
        groups=group or [],
        cluster=cluster,
        channel=channel,
    )
    raise typer.Exit(policy_tool.explained(asked, file))


@app.command()
def schema() -> None:
    """Print the JSON schema of policy files, for editors."""
    from bot import policy_tool

    typer.echo(policy_tool.schema())
