"""What Alembic runs: the migrations, on the connection that it was handed."""

from alembic import context


def run() -> None:
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()


run()
