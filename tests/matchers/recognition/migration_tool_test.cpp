// What migration tools print on a real PostgreSQL 15, whole runs, and what is seen of them.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using testing_lines::Feed;

/// `tool phase migration` of what the tool says, `operation phase table…` of the SQL it shows; symptoms by their kind.
std::string shown(const std::vector<Signal>& signals) {
    std::string text;
    for (const auto& signal : signals) {
        if (!text.empty()) text += "; ";
        if (signal.family == Family::symptom) {
            text += signal.kind;
            continue;
        }
        text += signal.operation.empty() ? signal.tool : signal.operation;
        text += " " + std::string(to_string(signal.phase));
        if (!signal.migration.empty()) text += " " + signal.migration;
        for (const auto& object : signal.objects) text += " " + object.name;
    }
    return text;
}

struct Run {
    const char* what;
    const char* output;
    const char* seen;
};

const Run kRuns[] = {
    {"yoyo apply -vv",
     "INFO:yoyo.migrations:Applying 0001.create-coupons\nINFO:yoyo.migrations: - applying step 0\n"
     "INFO:yoyo.migrations:Marking 0001.create-coupons applied",
     "yoyo started 0001.create-coupons; yoyo succeeded 0001.create-coupons"},
    {"yoyo list",
     "STATUS    ID                   SOURCE\n--------  -------------------  --------\nA         0001.create-coupons  m", ""},
    {"sequelize db:migrate",
     "Loaded configuration file \"config/config.json\".\nUsing environment \"development\".\n"
     "== 20261101120000-create-wishlists: migrating =======\n== 20261101120000-create-wishlists: migrated (0.065s)",
     "sequelize started 20261101120000-create-wishlists; sequelize succeeded 20261101120000-create-wishlists"},
    {"sequelize db:migrate that fails",
     "== 20261102120000-unique-email: migrating =======\n\nERROR: Validation error\nERROR DETAIL: Key (email)=(a@x) is "
     "duplicated.",
     "sequelize started 20261102120000-unique-email; sequelize failed 20261102120000-unique-email"},
    {"sequelize db:migrate:undo",
     "== 20261101120000-create-wishlists: reverting =======\n== 20261101120000-create-wishlists: reverted (0.018s)",
     "sequelize started 20261101120000-create-wishlists; sequelize rolled_back 20261101120000-create-wishlists"},
    {"sequelize db:migrate with nothing to do", "No migrations were executed, database schema was already up to date.", ""},
    {"typeorm migration:run",
     "query: SELECT * FROM \"migrations\" \"migrations\" ORDER BY \"id\" DESC\n1 migrations are new migrations must be "
     "executed.\n"
     "query: START TRANSACTION\nquery: CREATE TABLE \"wishlists\" (\"id\" SERIAL NOT NULL)\n"
     "query: INSERT INTO \"migrations\"(\"timestamp\", \"name\") VALUES ($1, $2) -- PARAMETERS: "
     "[1762000000000,\"CreateWishlists\"]\n"
     "Migration CreateWishlists1762000000000 has been executed successfully.\nquery: COMMIT",
     "typeorm started; create_table started wishlists; typeorm succeeded CreateWishlists1762000000000"},
    {"typeorm migration:revert",
     "Now reverting it...\nquery: DROP TABLE \"wishlists\"\nMigration CreateWishlists1762000000000 has been reverted "
     "successfully.",
     "drop_table started wishlists; typeorm rolled_back CreateWishlists1762000000000"},
    {"db-migrate up", "[INFO] Processed migration 20261101120000-add-wishlists\n[INFO] Done",
     "db-migrate succeeded 20261101120000-add-wishlists"},
    {"db-migrate down",
     "[INFO] Defaulting to running 1 down migration.\n[INFO] Processed migration 20261101120000-add-wishlists\n[INFO] Done",
     "db-migrate rolled_back 20261101120000-add-wishlists"},
    {"db-migrate down --dry-run",
     "[INFO] dry run\n[INFO] Defaulting to running 1 down migration.\nBEGIN;;\nDROP TABLE wishlists;\n"
     "[INFO] Processed migration 20261101120000-add-wishlists\nCOMMIT;;\n[INFO] Done",
     ""},
    {"node-pg-migrate up",
     "> Migrating files:\n> - 1762000000000_create-reviews\n### MIGRATION 1762000000000_create-reviews (UP) ###\n"
     "CREATE TABLE \"reviews\" (\n  \"id\" serial PRIMARY KEY\n);\n"
     "INSERT INTO \"public\".\"pgmigrations\" (name, run_on) VALUES ('1762000000000_create-reviews', NOW());\n\n\nMigrations "
     "complete!",
     "node-pg-migrate started 1762000000000_create-reviews; create_table started reviews reviews_pkey; node-pg-migrate "
     "succeeded"},
    {"golang-migrate -verbose up",
     "2026/11/20 16:31:37 Start buffering 1/u create_wishlists\n2026/11/20 16:31:37 Read and execute 1/u create_wishlists\n"
     "2026/11/20 16:31:37 Finished 1/u create_wishlists (read 1.097486ms, ran 2.603291ms)",
     "golang-migrate started 1/u create_wishlists; golang-migrate succeeded 1/u create_wishlists"},
    {"golang-migrate that fails",
     "2026/11/20 16:31:37 error: migration failed: could not create unique index \"customers_email_uq\", Key (email)=(a@x) is "
     "duplicated. in line 0: ALTER TABLE customers ADD CONSTRAINT customers_email_uq UNIQUE (email);\n (details: pq: could not "
     "create "
     "unique index \"customers_email_uq\")",
     "unique_violation; golang-migrate failed; add_constraint failed customers_email_uq customers"},
    {"sqitch deploy", "Deploying changes to db:pg://postgres@127.0.0.1:56789/m_sqitch\n  + wishlists .. ok",
     "sqitch started; sqitch succeeded wishlists"},
    {"sqitch deploy that fails",
     "Deploying changes to db:pg:shop\n  + uq .. psql:deploy/uq.sql:1: ERROR:  could not create unique index "
     "\"customers_email_uq\"\n"
     "DETAIL:  Key (email)=(a@x) is duplicated.\nnot ok\n\"psql\" unexpectedly returned exit value 3\n\nDeploy failed",
     "unique_violation; sqitch started; sqitch failed uq; sqitch failed"},
    {"sqitch revert", "Reverting all changes from db:pg:shop\n  - wishlists .. ok",
     "sqitch started; sqitch rolled_back wishlists"},
    {"sqitch verify", "Verifying db:pg:shop\n  * wishlists .. ok\nVerify successful", ""},
    {"sql-migrate up -dryrun",
     "==> Would apply migration 2_uq.sql (up)\nALTER TABLE customers ADD CONSTRAINT u UNIQUE (email);\n", ""},
    {"drizzle-kit migrate that fails without a word",
     "Using 'pg' driver for database querying\n[⣷] applying migrations...\x1b[2K\x1b[1G[⣷] applying migrations...",
     "drizzle-kit started; drizzle-kit started; drizzle-kit failed"},
};

TEST(MigrationTools, are_seen_with_their_steps) {
    for (const auto& [what, output, seen] : kRuns) {
        std::vector<std::string> lines;
        std::istringstream stream{output};
        for (std::string line; std::getline(stream, line);) lines.push_back(line);
        EXPECT_EQ(shown(Feed(lines).all().signals), seen) << what;
    }
}

}  // namespace
}  // namespace culprit
