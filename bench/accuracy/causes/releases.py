"""Deployments: before their migration, without it, under its reversal, or simply wrong."""
import failures
from application_logs import Service
from case import kind
from names import next_version, quote


def missing(world):
    """Something that new code needs: (statements that make it, statements that undo them, words, Failure while it is not there)."""
    new, table, r = world.names.table(), world.table, world.random
    if r.random() < 0.6:
        return ([f"CREATE TABLE {new.sql} (id bigserial PRIMARY KEY, {quote(new.plain)} text NOT NULL)"], [f"DROP TABLE {new.sql}"], f"create {new.name}",
                lambda: failures.undefined_table(new, r.choice([new.select(), new.insert(new.plain, new.unique)])), new)
    column, insert = f"{table.plain}_code" if table.name.islower() else f"{table.plain}Code", r.random() < 0.5
    return ([f"ALTER TABLE {table.sql} ADD COLUMN {quote(column)} text"], [f"ALTER TABLE {table.sql} DROP COLUMN {quote(column)}"], f"{table.name} add {column}",
            lambda: failures.undefined_column(table, column, insert), table)


@kind(group="release", weight=2)
def deployed_before_migration(world):
    up, down, words, make, table = missing(world)
    change = world.deploy()
    cause = world.case.cause(change)
    world.wait(5, 200)
    world.errors(make, cause)
    world.wait(20, 1500)
    migration = world.migration(up, down, words, table=table)
    later = migration.run(world.now)
    world.case.after[cause] = later.entries


@kind(group="release", weight=2)
def migration_never_applied(world):
    """It ran in staging; the same build then fails in production."""
    r, case = world.random, world.case
    up, down, words, make, table = missing(world)
    base = world.service.name
    staging = Service(case, world.server, f"{base}-staging", f"{case.database}_staging", world.service.version, stack=world.service.stack)
    staging.started(case.start + 1)
    migration = world.migration(up, down, words, table=table, database=staging.database)
    version = next_version(r, world.service.version)
    at = case.start + world.before * r.uniform(0.2, 0.7)
    migration.run(at)
    world.deploy(version, staging, at + r.uniform(5, 60), environment="staging")
    for _ in range(r.randint(1, 4)):
        staging.ok(at + r.uniform(70, 200), f"GET /{table.name}")
    if not case.see_server or case.log_statement == "none":
        case.see_something_of("deployments")          # nothing else tells where the migration ran
    cause = case.cause(world.deploy(version))
    world.wait(3, 200)
    world.errors(make, cause)


@kind(group="release")
def migration_rolled_back(world):
    """The release stays, its migration is undone."""
    case = world.case
    up, down, words, make, table = missing(world)
    migration = world.migration(up, down, words, table=table)
    while not migration.tool.undo:
        migration = world.migration(up, down, words, table=table)
    at = case.start + world.before * world.random.uniform(0.1, 0.5)
    migration.run(at)
    world.deploy(time=at + world.random.uniform(10, 100))
    if not case.see_server or case.log_statement == "none":
        case.see_something_of("tools")          # nothing else acquits the release
    cause = case.cause(migration.run(world.now, down=True))
    world.delay_to_onset()
    world.errors(make, cause)
    if world.random.random() < 0.4:
        world.wait(30, 600)
        migration.run(world.now)


@kind(group="release", weight=2)
def code_violates_constraint(world):
    """A release with a bug: the schema is as it was, what is written is new. Perhaps a rollback ends it."""
    table, names, r = world.table, world.names, world.random
    what = r.choice(["unique", "foreign_key", "not_null", "check"])
    constraint = names.constraint(table, table.unique, "", what if what != "not_null" else "unique")
    make = {"unique": lambda: failures.unique(table, constraint, table.unique, names.value(table.unique)),
            "foreign_key": lambda: failures.foreign_key(table, constraint, names.value()), "not_null": lambda: failures.not_null(table, table.plain, names.value()),
            "check": lambda: failures.check(table, constraint, names.value())}[what]
    old = world.service.version
    cause = world.case.cause(world.deploy())
    world.wait(2, 120)
    world.errors(make, cause, count=r.choice([5, 9, 20, 60]), pace=r.choice([0.5, 3, 12]))
    if r.random() < 0.4:
        world.wait(10, 200)
        world.deploy(old)
        world.wait(200, 900)


@kind(group="release")
def connections_exhausted(world):
    """The new release opens more connections than there are."""
    cause = world.case.cause(world.deploy())
    world.wait(2, 90)
    world.errors(failures.too_many_connections, cause, services=world.services, count=world.random.choice([6, 15, 40]), pace=world.random.choice([0.1, 1, 4]))
