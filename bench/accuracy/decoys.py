"""What is mixed into an outage to lead astray. A decoy that no evidence could tell from the cause is not mixed in: the truth must be knowable."""
import dataclasses

import failures
from application_logs import Service, operation
from case import KINDS
from names import quote

DAY = 86400.0

BEFORE, AFTER = {}, {}


def decoy(moment, chance):
    """Registers a decoy: BEFORE the story (it changes the stage), or AFTER it (it adds to what happened)."""
    def register(build):
        moment[build.__name__] = (build, chance)
        return build
    return register


def mix(world, moment):
    for name, (build, chance) in moment.items():
        if world.random.random() < chance and build(world) is not False:
            world.case.decoys.append(name)


def ddl_is_visible(case):
    return case.see_server and case.log_statement != "none"


def first_error(case):
    caused = [e.time for p in case.problems if p.cause and not p.tolerant for e in p.entries] or [e.time for p in case.problems for e in p.entries]
    return min(caused) if caused else case.start


def guilty_statements(world):
    """What the guilty migration did; without one, what would have explained the errors."""
    for migration in world.migrations:
        if any(change.cause and change.kind == "migration" for change in world.case.changes):
            return migration.up, migration.words
    problem = world.case.problems[0]
    constraint, table = problem.object["constraint"], world.table
    if problem.condition == "unique_violation":
        return [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(constraint)} UNIQUE ({quote(table.unique)})"], f"{table.name} unique {table.unique}"
    if problem.condition == "foreign_key_violation":
        return [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(constraint)} FOREIGN KEY ({quote(table.reference)}) REFERENCES {quote(table.parent)} (id)"], f"{table.name} parents"
    return [f"DROP TABLE {table.sql}"], f"drop {table.name}"


def apart(world, time):
    """Not within the five seconds in which an event counts as the cause itself."""
    return all(abs(time - entry.time) > 12 for entries in world.case.causes.values() for entry in entries)


def some_time(world, low, high):
    """A time in that stretch which is apart from the causes, or None."""
    for _ in range(8):
        time = world.random.uniform(low, max(low, high))
        if apart(world, time):
            return time
    return None


def innocent_statements(world, table):
    r = world.random
    column = r.choice([table.plain, table.unique, "created_by", "archived_at"])
    return r.choice([[f"ALTER TABLE {table.sql} ADD COLUMN {quote(column + '_x')} text"], [f"CREATE INDEX {quote(table.name + '_ix')} ON {table.sql} ({quote(column)})"],
                     [f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(world.names.constraint(table, table.unique, ''))} UNIQUE ({quote(table.unique)})"],
                     [f"CREATE TABLE {table.sql} (id bigserial PRIMARY KEY)"], [f"ALTER TABLE {table.sql} DROP COLUMN {quote(column)}"]])


@decoy(BEFORE, 0.2)
def clock_skew(world):
    """The application's host and the server's do not agree on the time."""
    world.case.skew["node-1"] = world.random.choice([-1, 1]) * world.random.uniform(2, 30)


@decoy(AFTER, 0.15)
def same_change_in_another_database(world):
    case, r = world.case, world.random
    statements, words = guilty_statements(world)
    time = some_time(world, max(case.start + 20, first_error(case) - 1200), first_error(case) + 60)
    if not ddl_is_visible(case) or time is None:
        return False
    world.migration(statements, ["SELECT 1"], words, database=f"{case.database}_{r.choice(['eu', 'us', 'copy', '2'])}").run(time)


@decoy(AFTER, 0.3)
def change_on_another_table(world):
    """Its name may begin like the guilty one's, or end the same."""
    case, r = world.case, world.random
    other = world.names.table(like=world.table if r.random() < 0.5 else None)
    time = some_time(world, max(case.start + 20, first_error(case) - 900), first_error(case))
    if not ddl_is_visible(case) or time is None:
        return False
    world.migration(innocent_statements(world, other), ["SELECT 1"], f"{other.name} work", table=other).run(time)


@decoy(AFTER, 0.12)
def change_in_another_environment(world):
    case = world.case
    if not ddl_is_visible(case) or case.kind == "migration_never_applied":
        return False
    statements, words = guilty_statements(world)
    staging = Service(case, world.server, f"{world.service.name}-staging", f"{case.database}_staging", world.service.version)
    time = some_time(world, max(case.start + 20, first_error(case) - 1500), first_error(case))
    if time is None:
        return False
    staging.started(case.start + 2)
    staging.ok(time + 5, operation(world.random, world.table, False))
    world.migration(statements, ["SELECT 1"], words, database=staging.database).run(time)


@decoy(AFTER, 0.45)
def innocent_deployment(world):
    """Of this service where the evidence can acquit it, of another one else."""
    case, r = world.case, world.random
    caused_by = {change.kind for change in case.changes if change.cause}
    acquitted = ddl_is_visible(case) and caused_by == {"migration"} and case.kind not in ("migration_rolled_back", "migration_holds_lock", "parents_removed", "schema_moved")
    if world.middle and case.kind != "retry_storm":
        world.deploy(time=world.middle)
    elif acquitted and r.random() < 0.6:
        time = some_time(world, case.start + 20, first_error(case))
        if time is None:
            return False
        world.deploy(time=time)
    else:
        for _ in range(r.choice([1, 1, 2, 3])):
            other = Service(case, world.server, world.names.service(), case.database, world.names.version())
            time = some_time(world, max(case.start + 20, first_error(case) - 1200), first_error(case))
            if time is None:
                return False
            world.deploy(service=other, time=time)


@decoy(AFTER, 0.15)
def change_during_a_constant_error(world):
    """An error that was there all along, and a harmless change to its table in the middle of it."""
    case, r = world.case, world.random
    table = world.names.table()
    constraint = world.names.constraint(table, table.unique, "")
    end = max(world.now, case.start + 1800)
    middle = some_time(world, case.start + (end - case.start) * 0.4, case.start + (end - case.start) * 0.7)
    if not ddl_is_visible(case) or middle is None:
        return False
    world.organic(table, table.unique, constraint, case.start + 5, end, r.randint(8, 20))
    world.migration([f"ALTER TABLE {table.sql} ADD COLUMN {quote('note_' + table.plain)} text"], ["SELECT 1"], f"{table.name} note", table=table).run(middle)


@decoy(AFTER, 0.3)
def several_migrations(world):
    """A whole evening of migrations, of which one is guilty."""
    case, r = world.case, world.random
    if not ddl_is_visible(case):
        return False
    for _ in range(r.randint(1, 4)):
        other = world.names.table()
        time = some_time(world, max(case.start + 20, first_error(case) - 1800), first_error(case) + 600)
        if time is not None:
            world.migration(innocent_statements(world, other), ["SELECT 1"], f"{other.name} work", table=other).run(time)


@decoy(AFTER, 0.15)
def late_delivery(world):
    """The cause's own lines arrive minutes after the errors."""
    delay = world.random.uniform(60, 420)
    entries = [entry for entries in world.case.causes.values() for entry in entries]
    if not entries:
        return False
    for entry in entries:
        entry.delay = delay


@decoy(AFTER, 0.15)
def tools_bookkeeping(world):
    """A tool's first run asks for its own table, which is not there yet."""
    case, r = world.case, world.random
    time = some_time(world, case.start + 10, world.now)
    if time is None:
        return False
    application, table = r.choice([("goose", "goose_db_version"), ("liquibase", "public.databasechangeloglock"), ("sqitch", "changes"), ("alembic", "alembic_version")])
    session = world.server.session("migrator", f"{case.database}_{r.choice(['reports', 'audit'])}", application, time)
    statement = f"SELECT * FROM {table} ORDER BY id DESC"
    failure = failures.Failure("undefined_table", "42P01", f'relation "{table}" does not exist', statement=statement, position=15, table_name=table.split(".")[-1])
    case.problem(failure, session.database, application, None, optional=True).entries.append(world.server.failure(time, session, failure))
    entry = world.server.statement(time + 0.002, session, f"CREATE TABLE {table} (id integer PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL)")
    change = case.change("schema_change", time, session.database)
    change.entries.extend([entry] if entry else [])


@decoy(AFTER, 0.35)
def noise_elsewhere(world):
    """Another service with another database, which fails now and then."""
    case, r = world.case, world.random
    noise = Service(case, world.server, "misc-api", "platform_misc", "1.0.0")
    table = world.names.table()
    noise.started(case.start + 3)
    kinds = [failures.unique(table, table.primary_key, "id", "1", table.insert("id", table.plain)), failures.foreign_key(table, f"{table.name}_{table.reference}_fkey", "1"),
             failures.undefined_table(world.names.table())]
    other = [failures.Failure("division_by_zero", "22012", "division by zero", statement="SELECT 1/0", routine=("int4div", "int.c", 869)),
             failures.Failure("syntax_error", "42601", 'syntax error at or near "SELEC"', statement="SELEC 1", position=1, routine=("scanner_yyerror", "scan.l", 1180))]
    for failure in r.choices(kinds + other, k=r.randint(1, 5)):
        time = r.uniform(case.start + 5, max(world.now, case.start + 600))
        case.problem(failure, noise.database, noise.name, None, optional=True).entries.extend(noise.fail(time, failure, r.choice(["GET /ratio", "POST /orders", "GET /search"])))


@decoy(AFTER, 0.12)
def handled_upsert(world):
    """A worker that expects the duplicate and says so at INFO, with the error's own words."""
    case, r = world.case, world.random
    worker = Service(case, world.server, f"{world.names.noun()}-sync", case.database, "1.0.0", stack=r.choice(["psycopg2-plain", "java-boot", "pgx-slog-json", "sqlx-fmt"]))
    table = world.names.table()
    constraint = world.names.constraint(table, table.unique, "")
    worker.started(case.start + 4)
    for _ in range(r.randint(2, 8)):
        time = r.uniform(case.start + 5, max(world.now, case.start + 600))
        failure = failures.unique(table, constraint, table.unique, world.names.value(table.unique))
        problem = case.problem(failure, case.database, worker.name, None, optional=True)
        problem.entries.extend(worker.fail(time, failure, "sync", silent=True))
        worker.say(time + 0.004, f"row is known, updating instead ({failure.message})")


def repeated(world, table, batch):
    """What a batch fails of, night for night, and the statements that seem to have brought it: they only make anew what was there."""
    r, names = world.random, world.names
    tool = r.choice(["", "alembic", "django", "knex"])
    unique, reference = names.constraint(table, table.unique, tool), names.constraint(table, table.reference, tool, "foreign_key")
    add = [f"ALTER TABLE {table.sql} DROP CONSTRAINT {{0}}", f"ALTER TABLE {table.sql} ADD CONSTRAINT {{0}} {{1}}"]
    kinds = [(lambda: failures.unique(table, unique, table.unique, names.value(table.unique)), [s.format(quote(unique), f"UNIQUE ({quote(table.unique)})") for s in add]),
             (lambda: failures.foreign_key(table, reference, names.value()),
              [s.format(quote(reference), f"FOREIGN KEY ({quote(table.reference)}) REFERENCES {quote(table.parent)} (id)") for s in add]),
             (lambda: failures.not_null(table, table.plain, names.value()), [f"ALTER TABLE {table.sql} ALTER COLUMN {quote(table.plain)} SET NOT NULL"]),
             (lambda: failures.unique(table, table.primary_key, "id", names.value()), None)]
    return r.choice([kind for kind in kinds if batch.speaks_of(kind[0]().condition)] or kinds)


@decoy(AFTER, 0.3)
def habit(world):
    """Errors of every night, or of one weekday, at the same hour, and a change shortly before tonight's. Last of all: it begins days before the story."""
    case, r = world.case, world.random
    # What a story says was there all along was not there on the days before.
    if KINDS[case.kind].group == "no cause" or {"change_during_a_constant_error", "noise_elsewhere", "handled_upsert"} & set(case.decoys):
        return False
    tonight = some_time(world, case.start + 400, max(world.now, case.start + 1800))
    changed = tonight and tonight - r.uniform(30, 380)
    if not tonight or not apart(world, changed):
        return False
    batch, table = Service(case, world.server, f"{world.names.noun()}-batch", case.database, world.names.version()), world.names.table()
    make, statements = repeated(world, table, batch)
    days, usual, earlier = r.choice([[14, 7]] + 3 * [list(range(r.randint(3, 12), 0, -1))]), r.choice([3, 5, 9, 20]), []
    batch.started(tonight - (days[0] + 1) * DAY)
    for day in [*days, 0]:
        at = tonight - day * DAY + (r.uniform(-900, 900) if day else 0)
        for _ in range(max(2, round(usual * r.uniform(0.7, 1.4)))):
            failure = make()
            entries = batch.fail(at, failure, operation(r, table))
            if day:
                earlier.extend(entries)
            else:
                problem = case.problem(failure, case.database, batch.name, None)
                problem.entries.extend(entries)
            at += r.uniform(0.5, 20)
    case.problems.append(dataclasses.replace(problem, entries=earlier, earlier=True))
    if not batch.speaks_of(problem.condition):
        case.see_something_of("server")
    if statements is None:
        world.load(table).run(changed)
    elif r.random() < 0.5:
        world.deploy(service=batch, time=changed)
    else:
        world.migration(statements, ["SELECT 1"], f"{table.name} rebuilt", table=table).run(changed)
