"""Migrations that do not end well: half done, waiting for a lock, holding one."""
import dataclasses

import failures
from case import kind
from names import quote


@kind(group="failed migration")
def migration_failed_midway(world):
    """Without a transaction, the first statements stay: the table or the column is gone and what should replace it never comes."""
    table, names, r = world.table, world.names, world.random
    new, index = names.table(like=table), f"{table.name}_{table.unique}_uq"
    gone = r.choice(["table", "column"])
    first = f"ALTER TABLE {table.sql} RENAME TO {quote(new.name)}" if gone == "table" else f"ALTER TABLE {table.sql} DROP COLUMN {quote(table.plain)}"
    fail = r.choice([failures.duplicate_in_index(index, table.unique, names.value(table.unique), ""),
                     failures.lock_timeout(table), failures.undefined_table(names.table())])
    up = [first, f"CREATE UNIQUE INDEX CONCURRENTLY {quote(index)} ON {new.sql if gone == 'table' else table.sql} ({quote(table.unique)})"]
    migration = world.migration(up, [f"ALTER TABLE {new.sql} RENAME TO {quote(table.name)}" if gone == "table" else f"ALTER TABLE {table.sql} ADD COLUMN {quote(table.plain)} text"],
                                f"{table.name} v2", needs_failure=True)
    fail = dataclasses.replace(fail, position=None)
    change = migration.run(world.now, fail=(1, fail), job=r.random() < 0.3)
    cause = world.case.cause(change)
    # The migration's own error: to blame the migration is right, to blame nothing as well.
    world.case.problem(fail, world.case.database, "migration", cause, optional=True, tolerant=True).entries.extend([migration.failed, migration.printed])
    world.delay_to_onset()
    make = (lambda: failures.undefined_table(table)) if gone == "table" else (lambda: failures.undefined_column(table, table.plain))
    world.errors(make, cause, services=world.services)


@kind(group="failed migration")
def concurrent_index_left_invalid(world):
    """CREATE UNIQUE INDEX CONCURRENTLY fails and leaves an index that is invalid and still refuses new duplicates."""
    table, names, r = world.table, world.names, world.random
    column = table.unique
    index = names.constraint(table, column, "")
    fail = failures.duplicate_in_index(index, column, names.value(column), "")
    statement = f"CREATE UNIQUE INDEX CONCURRENTLY {quote(index)} ON {table.sql} ({quote(column)})"
    migration = world.migration([statement], [f"DROP INDEX {quote(index)}"], f"{table.name} unique {column}", needs_failure=True)
    change = migration.run(world.now, fail=(0, fail), job=r.random() < 0.3)
    cause = world.case.cause(change)
    world.delay_to_onset()
    problem = world.errors(lambda: failures.unique(table, index, column, names.value(column)), cause, services=world.services)
    problem.entries += [migration.failed, migration.printed]


@kind(group="lock")
def migration_holds_lock(world):
    """DDL waits behind a long transaction or rewrites the table; whoever needs the table waits for it, until a timeout."""
    table, r, case = world.table, world.random, world.case
    statement = r.choice([f"ALTER TABLE {table.sql} ADD COLUMN {quote(table.plain + '_new')} text DEFAULT gen_random_uuid()",
                          f"ALTER TABLE {table.sql} ALTER COLUMN {quote(table.plain)} TYPE bigint", f"CREATE INDEX {quote(table.name + '_idx')} ON {table.sql} ({quote(table.plain)})",
                          f"ALTER TABLE {table.sql} ADD COLUMN {quote('channel')} text"])
    fails = r.random() < 0.5
    migration = world.migration([statement], ["SELECT 1"], f"{table.name} rework", needs_failure=fails)
    begin = world.now
    duration = r.uniform(6, 150)
    session = world.server.session("migrator", case.database, migration.tool.application, begin)
    change = case.change("migration", begin, case.database)
    logged = world.server.statement(begin, session, statement, migration.tool.style)
    change.entries += [logged] if logged else []
    relation, base = r.randint(16000, 90000), r.randint(16000, 90000)
    waiting = world.server.write(begin + 1, session, "LOG", f"process {session.pid} still waiting for AccessExclusiveLock on relation {relation} of database {base} after 1000.{r.randint(10, 99)} ms",
                                 detail=f"Process holding the lock: {r.randint(900, 9000)}. Wait queue: {session.pid}.", statement=statement, ps="ALTER TABLE waiting")
    change.entries.append(waiting)
    cause = case.cause(change)
    make = r.choice([failures.statement_timeout, failures.lock_timeout])
    world.now = begin + r.uniform(1.5, min(10, duration - 2))
    count = r.choice([3, 5, 9, 20])
    pace = max(0.05, (begin + duration - world.now) / count / 1.5)
    for at in (t for t in world.times(count, pace=pace) if t < begin + duration):
        service, failure = r.choice(world.services), make(table)
        problem = case.problem(failure, service.database, service.name, cause)
        problem.entries.extend(service.fail(at, failure, f"GET /{table.name}", False))
    end = begin + duration
    more = (0, failures.lock_timeout(table)) if fails else None
    if fails:
        failed = world.server.failure(end, session, dataclasses.replace(more[1], statement=statement))
        change.entries.append(failed)
        own = case.problem(more[1], case.database, "migration", cause, optional=True, tolerant=True)
        own.entries.append(failed)
    printed = case.emit(migration.stream, end, migration.output(end, [statement], [] if fails else [statement], False, more))
    if fails:
        own.entries.append(printed)
    change.entries.append(printed)
    case.causes[cause] = list(change.entries)
    world.now = end + 5
