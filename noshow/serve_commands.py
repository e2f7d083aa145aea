"""`noshow serve`, and its parts as processes of their own."""

from pathlib import Path

import click

from noshow import options, serving


def _serving_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--config", type=options.PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml."),
        click.option("--rules", type=options.PATH, help="Directory of rule files."),
        click.option("--data", type=options.PATH, help="Data directory of the embedded stores."),
        click.option("--host", help="Address to listen on; 127.0.0.1 unless told otherwise."),
        click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 8080 unless told otherwise."),
    ):
        command = option(command)
    return command


@click.command("serve")
@_serving_options
def serve_command(config: Path | None, **overrides: object) -> None:
    """Run everything in one process, on embedded stores unless told otherwise."""
    serving.serve(options.settings(overrides, config))


def _process(role: serving.Role, what: str) -> click.Command:
    @click.command(role.value, help=f"{what} Needs a ClickHouse and a PostgreSQL server.")
    @_serving_options
    def command(config: Path | None, **overrides: object) -> None:
        serving.serve(options.settings(overrides, config), frozenset({role}))

    return command


collector_command = _process(serving.Role.COLLECTOR, "Only take events in.")
evaluator_command = _process(serving.Role.EVALUATOR, "Only judge what is stored.")
reconciler_command = _process(serving.Role.RECONCILER, "Only make cases of findings, and tell their owners.")
api_command = _process(serving.Role.API, "Only answer the REST interface and the dashboard.")
