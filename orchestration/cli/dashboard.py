"""`perennial dashboard`."""

from typing import Annotated

import typer

from orchestration.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The dashboards.")


@app.command()
def build(
    as_of: Annotated[str | None, typer.Option(help="Last day of the data, YYYY-MM-DD.")] = None,
) -> None:
    """Publish the aggregates of the warehouse and build the pages from them."""
    from dashboards.publish import publish
    from dashboards.site import build_site, page_weight

    settings = load_settings(as_of)
    publish(settings.warehouse, settings.site_dir, settings.as_of)
    page = build_site(settings.site_dir)
    figures, library = page_weight(settings.site_dir)
    typer.echo(f"built {page} (page {figures:,.0f} kB, chart library {library:,.0f} kB)")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
) -> None:
    """Serve the built pages to this machine only, until Ctrl-C."""
    from dashboards.serve import server

    with server(load_settings().site_dir, port) as pages:
        typer.echo(f"serving http://127.0.0.1:{pages.server_port}/ (Ctrl-C ends it)")
        try:
            pages.serve_forever()
        except KeyboardInterrupt:
            typer.echo("stopped")
