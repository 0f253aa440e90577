"""What every outage takes place in: a server, a service at work, an hour of ordinary traffic, and errors that come at random."""
import failures
from application_logs import Service, operation
from names import next_version
from server_log import Server
from tools import Import, Migration, deploy


class World:
    """The stage of one case. Times are seconds since the epoch; `self.now` is where the story stands."""

    def __init__(self, case):
        r = case.random
        self.case, self.random, self.names = case, r, case.names
        self.server = Server(case)
        self.service = Service(case, self.server, case.names.service(), case.database, case.names.version())
        self.services = [self.service]
        if r.random() < 0.3:
            self.services.append(Service(case, self.server, case.names.service(), case.database, case.names.version()))
        self.table, self.migrations, self.middle = case.names.table(), [], None
        self.before = r.choice([300, 900, 1800, 3600, 5400])         # ordinary work before anything happens
        self.now = case.start + self.before
        for service in self.services:
            service.started(case.start + r.uniform(0, 5))
        self.quiet(case.start + 6, self.now, r.randint(2, 12))

    # -- time
    def wait(self, low, high):
        self.now += self.random.uniform(low, high)
        return self.now

    def delay_to_onset(self):
        """How long after its cause an error first shows: seconds mostly, sometimes the hour in which that code is next used."""
        low, high = self.random.choices([(0.3, 10), (10, 120), (120, 1500), (1500, 9000)], [5, 5, 3, 1])[0]
        return self.wait(low, high)

    def quiet(self, start, end, count):
        for _ in range(count):
            service = self.random.choice(self.services)
            service.ok(self.random.uniform(start, end), operation(self.random, self.table, False))

    # -- what happens
    def migration(self, up, down, words, table=None, **options):
        made = Migration(self.case, self.server, options.pop("database", self.case.database), up, down, words, table=table or self.table, **options)
        self.migrations.append(made)
        return made

    def deploy(self, version=None, service=None, time=None, **options):
        service = service or self.service
        return deploy(self.case, service, self.now if time is None else time, version or next_version(self.random, service.version), **options)

    def load(self, table, tool=None):
        return Import(self.case, self.server, self.case.database, table, tool)

    def times(self, count, start=None, pace=None):
        """When `count` errors come: at once after each other, or minutes apart."""
        pace = pace or self.random.choice([0.3, 2, 8, 30, 75])
        at, out = self.now if start is None else start, []
        for _ in range(count):
            out.append(at)
            at += min(self.random.expovariate(1 / pace), 400) + 0.002
        return out

    def errors(self, make, cause, services=None, count=None, start=None, pace=None, silent=False, **flags):
        """Errors from now on; `make` gives each time's Failure. Returns the problem (the last one, where there are several)."""
        case, r = self.case, self.random
        services = services or [self.service]
        count = count or r.choice([3, 4, 6, 9, 14, 25, 60])
        problem = None
        for at in self.times(count, start, pace):
            service = r.choice(services)
            failure = make()
            problem = case.problem(failure, service.database, service.name, cause, **flags)
            mute = silent or r.random() < 0.05
            problem.entries.extend(service.fail(at, failure, operation(r, failure.table), mute))
            if r.random() < 0.2:
                service.ok(at + r.uniform(0.1, 2), operation(r, self.table, False))
            self.now = max(self.now, at)
        if not service.speaks_of(failure.condition):
            case.see_something_of("server")
        return problem

    def organic(self, table, column, constraint, start, end, count, service=None):
        """Duplicates that users make, all the time."""
        service, before = service or self.service, self.now
        for at in sorted(self.random.uniform(start, end) for _ in range(count)):
            failure = failures.unique(table, constraint, column, self.names.value(column))
            self.case.problem(failure, service.database, service.name, None).entries.extend(service.fail(at, failure, operation(self.random, table)))
        self.now = before

    def settle(self):
        """Ordinary work afterwards."""
        end = self.now + self.random.choice([60, 300, 2400])
        self.quiet(self.now + 1, end, self.random.randint(1, 6))
        self.now = end
