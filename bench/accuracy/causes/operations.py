"""What operators do: rights, limits, failovers, indexes."""
import failures
from case import kind
from causes.constraints import apply
from names import quote
from server_log import Session


@kind(group="operation")
def permission_revoked(world):
    table, r = world.table, world.random
    user = world.service.user
    statement = r.choice([f"REVOKE SELECT ON {table.sql} FROM {quote(user)}", f"REVOKE ALL ON TABLE {table.sql} FROM {quote(user)}",
                          f"REVOKE ALL ON ALL TABLES IN SCHEMA {quote(table.schema)} FROM {quote(user)}"])
    apply(world, [statement], [f"GRANT ALL ON {table.sql} TO {quote(user)}"], f"rights on {table.name}", lambda: failures.permission_denied(table))


@kind(group="operation")
def sequence_ran_out(world):
    """A sequence made narrower, or given an end."""
    table, r = world.table, world.random
    form, limit = r.choice([("AS smallint", 32767), ("AS integer MAXVALUE 2147483647", 2147483647), ("MAXVALUE 500000 NO CYCLE", 500000)])
    schema = "" if table.schema == "public" else quote(table.schema) + "."
    sequence = schema + quote(table.sequence)
    apply(world, [f"ALTER SEQUENCE {sequence} {form}"], [f"ALTER SEQUENCE {sequence} AS bigint NO MAXVALUE"], f"{table.name} ids",
          lambda: failures.sequence_exhausted(table, limit))


@kind(group="operation")
def read_only_after_failover(world):
    """The application still talks to what is a standby now; the server says what happened to it."""
    case, r = world.case, world.random
    case.see_something_of("server")
    change = case.change("failover", world.now, None)
    process = Session(world.server, None, None, None, case.start, "postmaster")
    startup = Session(world.server, None, None, None, world.now, "startup")

    def log(session, seconds, message):
        change.entries.append(world.server.write(world.now + seconds, session, "LOG", message, ps=None))
    log(process, 0, "received fast shutdown request")
    log(process, 0.3, "database system is shut down")
    log(process, 4, "starting PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit")
    log(startup, 4.4, "entering standby mode")
    log(startup, 4.9, "consistent recovery state reached at 0/5000148")
    log(process, 5, "database system is ready to accept read-only connections")
    cause = case.cause(change)
    world.wait(6, 60)
    verb = r.choice(["INSERT", "UPDATE", "DELETE"])
    world.errors(lambda: failures.read_only(world.table, verb), cause, services=world.services)


@kind(group="operation")
def index_dropped(world):
    """Statements that were quick now take seconds; only the server's log says so."""
    table, r, case = world.table, world.random, world.case
    case.see_something_of("server")
    index = f"{table.name}_{table.plain}_idx"
    migration = world.migration([f"DROP INDEX {r.choice(['', 'CONCURRENTLY ', 'IF EXISTS '])}{'' if table.schema == 'public' else quote(table.schema) + '.'}{quote(index)}"],
                                [f"CREATE INDEX {quote(index)} ON {table.sql} ({quote(table.plain)})"], f"{table.name} drop index")
    cause = case.cause(migration.run(world.now))
    world.wait(1, 300)
    failure = failures.Failure("slow_query", "00000", "duration", table_name=table.name)
    problem = case.problem(failure, case.database, world.service.name, cause)
    for at in world.times(r.choice([5, 12, 40])):
        session = world.service.session(at)
        statement = f"SELECT * FROM {table.sql} WHERE {quote(table.plain)} = $1 ORDER BY id DESC LIMIT 20"
        problem.entries.append(world.server.write(at, session, "LOG", f"duration: {r.uniform(1000, 20000):.3f} ms  execute <unnamed>: {statement}",
                                                  detail=f"parameters: $1 = '{r.randint(1, 9999)}'", ps="SELECT"))
        world.now = at
