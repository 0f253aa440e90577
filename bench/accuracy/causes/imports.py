"""Rows loaded or removed in bulk."""
import itertools

import failures
from case import kind
from names import quote


def collisions(world, table, first=None):
    """Inserts whose key comes from a sequence that lags behind: the key rises by one with each failure."""
    key = itertools.count(first or world.random.randint(2, 40))
    statement = table.insert(table.unique, table.plain)
    return lambda: failures.unique(table, table.primary_key, "id", next(key), statement)


def collide(world, load, cause, table):
    world.delay_to_onset()
    make = collisions(world, table)
    world.errors(make, cause, services=world.services)
    if world.random.random() < 0.5:
        world.wait(10, 900)
        load.reset_sequence(world.now)
        if world.random.random() < 0.3:          # the first repair fell short
            world.wait(5, 60)
            world.errors(make, cause, count=3, pace=2)
        world.wait(60, 900)


@kind(group="import", weight=2)
def import_left_sequence_behind(world):
    load = world.load(world.table, world.random.choice(["psql-copy", "psql-copy-echo", "pgloader"]))
    cause = world.case.cause(load.run(world.now))
    collide(world, load, cause, world.table)


@kind(group="import")
def restore_left_sequence_behind(world):
    load = world.load(world.table, "pg_restore")
    cause = world.case.cause(load.run(world.now))
    collide(world, load, cause, world.table)


@kind(group="import")
def import_without_parents(world):
    """The import itself is refused, and the application then misses the rows that it should have brought."""
    table, names, r = world.table, world.names, world.random
    constraint = names.constraint(table, table.reference, "", "foreign_key")
    load = world.load(table)
    failure = failures.foreign_key(table, constraint, names.value())
    cause = world.case.cause(load.run(world.now, failure))
    problem = world.case.problem(failure, world.case.database, "import", cause)
    problem.entries += [load.failed, load.printed]
    if r.random() < 0.6:
        world.wait(1, 300)
        world.errors(lambda: failures.foreign_key(table, constraint, names.value()), cause)
        problem.service = world.service.name


@kind(group="import")
def import_with_duplicates(world):
    table, names = world.table, world.names
    column = world.random.choice(["id", table.unique])
    constraint = table.primary_key if column == "id" else names.constraint(table, column, "")
    load = world.load(table)
    failure = failures.unique(table, constraint, column, names.value(column))
    cause = world.case.cause(load.run(world.now, failure))
    world.case.problem(failure, world.case.database, "import", cause).entries += [load.failed, load.printed]
    for _ in range(world.random.randint(0, 3)):
        world.wait(2, 60)
        again = load.run(world.now, failure)
        world.case.causes[cause] += again.entries
        again.cause = cause
        world.case.problem(failure, world.case.database, "import", cause).entries += [load.failed, load.printed]


@kind(group="import")
def parents_removed(world):
    """TRUNCATE or DELETE of the rows that others refer to: known from a migration's own text, or from log_statement = mod."""
    table, names, r, case = world.table, world.names, world.random, world.case
    constraint = names.constraint(table, table.reference, "", "foreign_key")
    statement = r.choice([f"TRUNCATE TABLE {quote(table.parent)} CASCADE", f"TRUNCATE {quote(table.parent)}, {table.sql}", f"DELETE FROM {quote(table.parent)} WHERE id > 100"])
    if case.log_statement == "ddl" and r.random() < 0.6:
        case.log_statement = "mod"
    migration = world.migration([statement], ["SELECT 1"], f"purge {table.parent}", tool=r.choice(["psql-echo", "psql", "node-pg-migrate", "rails", "flyway"]))
    cause = case.cause(migration.run(world.now))
    world.delay_to_onset()
    world.errors(lambda: failures.foreign_key(table, constraint, names.value()), cause, services=world.services)
