"""Constraints and types that a migration puts over code which still writes what they forbid."""
import failures
from case import kind
from names import quote


def apply(world, up, down, words, make, remedy=0.35, **options):
    """A migration, then errors, then perhaps its reversal that ends them."""
    migration = world.migration(up, down, words, **options)
    change = migration.run(world.now, job=world.random.random() < 0.3)
    cause = world.case.cause(change)
    world.delay_to_onset()
    world.errors(make, cause, services=world.services)
    if world.random.random() < remedy and migration.tool.undo:
        world.wait(20, 600)
        migration.run(world.now, down=True)
        world.wait(60, 900)
    return migration


@kind(group="constraint")
def unique_constraint_added(world):
    table, names = world.table, world.names
    tool = world.random.choice([None, "alembic", "django", "knex", "flyway"])
    constraint = names.constraint(table, table.unique, tool or "")
    column = table.unique
    apply(world, [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(constraint)} UNIQUE ({quote(column)})"],
          [f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(constraint)}"], f"{table.name} unique {column}",
          lambda: failures.unique(table, constraint, column, names.value(column)), tool=tool)


@kind(group="constraint")
def unique_index_added(world):
    table, names, r = world.table, world.names, world.random
    column, tool = table.unique, r.choice([None, "rails", "psql", "goose"])
    index = names.constraint(table, column, tool or "")
    concurrently = r.choice(["", "CONCURRENTLY ", "CONCURRENTLY IF NOT EXISTS "])
    apply(world, [f"CREATE UNIQUE INDEX {concurrently}{quote(index)} ON {table.sql} ({quote(column)})"], [f"DROP INDEX {quote(index)}"],
          f"add index to {table.name}", lambda: failures.unique(table, index, column, names.value(column)), tool=tool)


@kind(group="constraint")
def foreign_key_added(world):
    table, names, r = world.table, world.names, world.random
    tool = r.choice([None, "django", "rails", "knex", "liquibase"])
    constraint = names.constraint(table, table.reference, tool or "", "foreign_key")
    valid = r.choice(["", " NOT VALID", " ON DELETE CASCADE"])
    apply(world, [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(constraint)} FOREIGN KEY ({quote(table.reference)}) REFERENCES {quote(table.parent)} (id){valid}"],
          [f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(constraint)}"], f"{table.name} references {table.parent}",
          lambda: failures.foreign_key(table, constraint, names.value("id")), tool=tool)


@kind(group="constraint")
def not_null_added(world):
    table, names, r = world.table, world.names, world.random
    column = table.plain
    if r.random() < 0.6:
        up, down = f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column)} SET NOT NULL", f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column)} DROP NOT NULL"
    else:
        up, down = f"ALTER TABLE {table.sql} ADD COLUMN {quote(column)} text NOT NULL", f"ALTER TABLE {table.sql} DROP COLUMN {quote(column)}"
    apply(world, [up], [down], f"{table.name} {column} mandatory", lambda: failures.not_null(table, column, names.value()))


@kind(group="constraint")
def check_added(world):
    table, names = world.table, world.names
    column = table.plain
    constraint = names.constraint(table, column, world.random.choice(["", "rails", "alembic"]), "check")
    apply(world, [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(constraint)} CHECK ({quote(column)} <> '')"],
          [f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(constraint)}"], f"{table.name} check {column}",
          lambda: failures.check(table, constraint, names.value()))


@kind(group="type")
def column_type_changed(world):
    table, names, r = world.table, world.names, world.random
    column, given = table.plain, r.choice(["integer", "bigint", "uuid"])
    make = {"syntax": lambda: failures.invalid_syntax(given, names.value("code"), f"UPDATE {table.sql} SET {quote(column)} = $1 WHERE id = $2"),
            "mismatch": lambda: failures.datatype_mismatch(table, column, given, "text"),
            "operator": lambda: failures.no_operator(table, column, given, "text")}[r.choice(["syntax", "mismatch", "operator"])]
    apply(world, [f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column)} TYPE {given} USING {quote(column)}::{given}"],
          [f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column)} TYPE text"], f"{table.name} {column} as {given}", make)


@kind(group="type")
def enum_changed(world):
    table, r = world.table, world.random
    enum, value = f"{table.singular}_{r.choice(['state', 'kind', 'tier'])}", r.choice(["pending", "on_hold", "legacy", "gold"])
    statement = f"UPDATE {table.sql} SET {quote(table.plain)} = $1 WHERE id = $2"
    if r.random() < 0.5:
        up = [f"ALTER TYPE {enum} RENAME VALUE '{value}' TO '{value}2'"]
    else:
        up = [f"ALTER TYPE {enum} RENAME TO {enum}_old", f"CREATE TYPE {enum} AS ENUM ('open', 'closed')",
              f"ALTER TABLE {table.sql} ALTER COLUMN {quote(table.plain)} TYPE {enum} USING {quote(table.plain)}::text::{enum}", f"DROP TYPE {enum}_old"]
    apply(world, up, [f"ALTER TYPE {enum} ADD VALUE '{value}'"], f"{enum} values", lambda: failures.invalid_enum(enum, value, statement))
