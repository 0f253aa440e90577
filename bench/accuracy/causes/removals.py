"""What readers need is dropped, renamed or moved from under them."""
import failures
from case import kind
from causes.constraints import apply
from names import quote


@kind(group="removal")
def column_dropped(world):
    table, column, insert = world.table, world.table.plain, world.random.random() < 0.4
    apply(world, [f"ALTER TABLE {table.sql} DROP COLUMN {quote(column)}"], [f"ALTER TABLE {table.sql} ADD COLUMN {quote(column)} text"],
          f"{table.name} drop {column}", lambda: failures.undefined_column(table, column, insert))


@kind(group="removal")
def column_renamed(world):
    table, column, insert = world.table, world.table.plain, world.random.random() < 0.4
    apply(world, [f"ALTER TABLE {table.sql} RENAME COLUMN {quote(column)} TO {quote(column + '_v2')}"],
          [f"ALTER TABLE {table.sql} RENAME COLUMN {quote(column + '_v2')} TO {quote(column)}"], f"{table.name} rename {column}",
          lambda: failures.undefined_column(table, column, insert))


@kind(group="removal")
def table_dropped(world):
    table = world.table
    apply(world, [f"DROP TABLE {world.random.choice(['', 'IF EXISTS '])}{table.sql}{world.random.choice(['', ' CASCADE'])}"],
          [f"CREATE TABLE {table.sql} (id serial PRIMARY KEY, {quote(table.plain)} text)"], f"remove {table.name}", lambda: failures.undefined_table(table))


@kind(group="removal")
def table_renamed(world):
    table, other = world.table, world.names.table(like=world.table)
    apply(world, [f"ALTER TABLE {table.sql} RENAME TO {quote(other.name)}"], [f"ALTER TABLE {other.sql} RENAME TO {quote(table.name)}"],
          f"rename {table.name}", lambda: failures.undefined_table(table, world.random.choice([table.select(), table.insert(table.plain, table.unique)])))


@kind(group="removal")
def schema_moved(world):
    """The table goes to another schema, or search_path no longer leads to it."""
    table, r = world.table, world.random
    if r.random() < 0.6:
        up, down = f"ALTER TABLE {table.sql} SET SCHEMA archive", f"ALTER TABLE archive.{quote(table.name)} SET SCHEMA {quote(table.schema)}"
    else:
        target = r.choice([f"DATABASE {quote(world.case.database)}", f"ROLE {quote(world.service.user)}"])
        up, down = f"ALTER {target} SET search_path TO tenant_default", f"ALTER {target} RESET search_path"
    apply(world, [up], [down], f"move {table.name}", lambda: failures.undefined_table(table))
