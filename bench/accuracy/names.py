"""Names drawn at random: tables, columns, constraints, services, databases, values. None of them stands in a rule of culprit's."""
import dataclasses
import hashlib
import re

NOUNS = """order invoice shipment parcel ticket booking member wallet ledger coupon voucher badge session device sensor reading alert
contract policy claim patient visit route driver vehicle trip depot stock bin supplier quote tender review rating playlist track album
lesson course grade campus room lease tenant meter tariff refund payout dispute mandate card terminal merchant campaign lead contact
thread reply poll vote channel webhook token scope audit cargo berth crane flight gate roster shift timesheet salary bonus""".split()
QUALIFIERS = "archive item line history detail event note tag link status batch v2 new map".split()
TEXT_COLUMNS = "email phone code slug reference serial_no external_id tracking_no username label iban barcode plate".split()
PLAIN_COLUMNS = "status region channel note amount quantity priority weight currency locale tier rating".split()
SUFFIXES = "api svc web worker service backend app".split()
PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
RESERVED = {"order", "user", "group", "grant", "check", "table", "column", "references", "default"}


def quote(name):
    return name if PLAIN.match(name) and name not in RESERVED else '"' + name.replace('"', '""') + '"'


def plural(noun):
    return noun[:-1] + "ies" if noun.endswith("y") else noun + ("es" if noun[-1] in "sxh" else "s")


def camel(words):
    return "".join(word[:1].upper() + word[1:] for word in words)


@dataclasses.dataclass(frozen=True)
class Table:
    schema: str
    name: str
    singular: str          # the words of one row, for classes and models
    unique: str            # a column that may be unique
    plain: str             # a column that readers use
    reference: str         # the column that refers to `parent`
    parent: str
    quoted_columns: bool

    @property
    def sql(self):
        prefix = "" if self.schema == "public" else quote(self.schema) + "."
        return prefix + quote(self.name)

    @property
    def primary_key(self):
        return f"{self.name}_pkey"

    @property
    def sequence(self):
        return f"{self.name}_id_seq"

    def column(self, name):
        return quote(name)

    def insert(self, *columns):
        names = ", ".join(quote(c) for c in columns)
        return f"INSERT INTO {self.sql} ({names}) VALUES ({', '.join('$%d' % (i + 1) for i in range(len(columns)))})"

    def select(self, column="*"):
        return f"SELECT {quote(column) if column != '*' else '*'} FROM {self.sql} WHERE id = $1"


class Names:
    """Draws names in one style for a case; no name comes twice, but one may be the beginning of another."""

    def __init__(self, random):
        self.random = random
        self.style = random.choices(["snake", "camel", "prefixed", "schema"], [5, 2, 2, 2])[0]
        self.prefix = random.choice(["app", "shop", "core", "t", "crm", "erp"])
        self.schema = random.choice(["sales", "billing", "core", "inventory", "app", "Tenant-A"]) if self.style == "schema" else "public"
        self.nouns = random.sample(NOUNS, len(NOUNS))
        self.used = set()

    def noun(self):
        return self.nouns.pop()

    def table(self, like=None):
        """A new table; with `like`, one whose name begins with that table's name."""
        random = self.random
        if like:
            words = [like.singular, random.choice([q for q in QUALIFIERS if (like.singular, q) not in self.used])]
            self.used.add((like.singular, words[1]))
            name = like.name + (words[1].capitalize() if self.style == "camel" else "_" + words[1])
            singular = like.singular + words[1]
        else:
            words = [self.noun()] + ([random.choice(QUALIFIERS)] if random.random() < 0.3 else [])
            singular = "".join(words)
            if self.style == "camel":
                name = camel(words[:-1] + [plural(words[-1])])
            else:
                name = "_".join(words[:-1] + [plural(words[-1])])
            if self.style == "prefixed":
                name = f"{self.prefix}_" + "_".join(words)
        parent = self.noun()
        reference = (parent + "Id") if self.style == "camel" else f"{parent}_id"
        parent_name = camel([plural(parent)]) if self.style == "camel" else (f"{self.prefix}_{parent}" if self.style == "prefixed" else plural(parent))
        unique, plain = random.choice(TEXT_COLUMNS), random.choice(PLAIN_COLUMNS)
        if self.style == "camel":
            unique, plain = (re.sub(r"_(\w)", lambda m: m[1].upper(), c) for c in (unique, plain))
        return Table(self.schema, name, singular, unique, plain, reference, parent_name, self.style == "camel")

    def constraint(self, table, column, tool, kind="unique"):
        """As `tool` names its constraints."""
        random, t, c = self.random, table.name, column
        digest = hashlib.sha256(f"{t}{c}{random.random()}".encode()).hexdigest()
        if tool.startswith("django"):
            return {"unique": f"{t}_{c}_{digest[:8]}_uniq", "foreign_key": f"{t}_{c}_{digest[:8]}_fk_{table.parent}_id", "check": f"{c}_valid"}[kind][:63]
        if tool == "rails":
            return {"unique": f"index_{t}_on_{c}", "foreign_key": f"fk_rails_{digest[:10]}", "check": f"chk_rails_{digest[:10]}"}[kind]
        if tool.startswith("alembic"):
            return {"unique": f"uq_{t}_{c}", "foreign_key": f"fk_{t}_{c}_{table.parent}", "check": f"ck_{t}_{c}"}[kind]
        if tool == "knex":
            return {"unique": f"{t}_{c}_unique", "foreign_key": f"{t}_{c}_foreign", "check": f"{t}_{c}_check"}[kind].lower()
        style = random.random()
        if style < 0.5:
            return {"unique": f"{t}_{c}_key", "foreign_key": f"{t}_{c}_fkey", "check": f"{t}_{c}_check"}[kind]
        if style < 0.8:
            return {"unique": f"{t}_{c}_uk", "foreign_key": f"fk_{t}_{c}", "check": f"chk_{t}_{c}"}[kind]
        return {"unique": f"one {c} per {table.singular}", "foreign_key": f"{t}To{camel([table.parent])}", "check": f"{c} must make sense"}[kind]

    def service(self, noun=None):
        return f"{noun or self.noun()}-{self.random.choice(SUFFIXES)}"

    def database(self):
        return self.random.choice(["{}", "{}_db", "{}_prod", "main_{}", "{}-live"]).format(self.noun())

    def value(self, column="id"):
        random = self.random
        column = column.lower()
        if column == "id" or column.endswith("id") and "external" not in column:
            return str(random.randint(1, 90000))
        if "mail" in column:
            return f"{random.choice(['ann', 'bo', 'cy', 'di', 'eve', 'o.neil'])}{random.randint(1, 999)}@{random.choice(['mail.test', 'example.org', 'x.io'])}"
        if "phone" in column:
            return f"+49{random.randint(10**8, 10**9)}"
        return random.choice(["A", "KX-", "nr ", "Z/"]) + str(random.randint(100, 99999))

    def version(self):
        return f"{self.random.randint(1, 9)}.{self.random.randint(0, 30)}.{self.random.randint(0, 9)}"


def next_version(random, version):
    major, minor, patch = (int(x) for x in version.split("."))
    return random.choice([f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"])
