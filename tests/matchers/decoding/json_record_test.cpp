#include "matchers/decoding/json_record.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

struct Row {
    std::string_view logger, text, level, service, sqlstate, constraint, table;
};

TEST(JsonRecord, ReadsTheFieldsOfTheUsualLoggersAndDrivers) {
    const Row rows[] = {
        {"python-json-logger",
         R"({"timestamp":"2026-11-20 12:22:20,404","level":"ERROR","name":"a.b","message":"failed","service":"shop","exc_info":"Traceback\nE: dup"})",
         "error", "shop", "", "", ""},
        {"pino",
         R"({"level":50,"time":1795177573791,"pid":1,"hostname":"h","name":"shop","err":{"type":"DatabaseError","message":"dup","code":"23505","constraint":"orders_pkey","table":"orders"}})",
         "error", "shop", "23505", "orders_pkey", "orders"},
        {"postgres.js",
         R"({"level":50,"time":1795177573791,"name":"shop","err":{"code":"23505","constraint_name":"orders_pkey","table_name":"orders"}})",
         "error", "shop", "23505", "orders_pkey", "orders"},
        {"winston, merged",
         R"({"code":"23503","constraint":"fk","detail":"Key (a)=(1).","level":"error","message":"x","name":"error","timestamp":"2026-11-20T11:35:43.017Z","table":"orders"})",
         "error", "", "23503", "fk", "orders"},
        {"Sequelize",
         R"({"level":50,"time":1795177573791,"name":"shop","err":{"message":"Validation error","parent":{"code":"23505","constraint":"orders_pkey","table":"orders"}}})",
         "error", "shop", "23505", "orders_pkey", "orders"},
        {"zap", R"({"level":"error","ts":1795175319.7665992,"msg":"failed","error":"ERROR: dup (SQLSTATE 23505) "})", "error", "",
         "", "", ""},
        {"ECS",
         R"({"@timestamp":"2026-11-20T11:35:43.017Z","log.level":"ERROR","message":"x","service.name":"shop","error":{"message":"dup","stack_trace":"at x"}})",
         "error", "shop", "", "", ""},
        {"tracing",
         R"({"timestamp":"2026-11-20T11:50:14.211011Z","level":"ERROR","fields":{"message":"request failed","error":"dup"},"target":"shop"})",
         "error", "", "", "", ""},
        {"harmless code", R"({"level":"info","time":"2026-11-20T11:35:43.017Z","msg":"parcel","code":"23505"})", "info", "", "",
         "", ""},
        {"Node's and Prisma's codes",
         R"({"level":"error","time":"2026-11-20T11:35:43.017Z","err":{"code":"EPIPE","cause":{"code":"P2002"}},"msg":"x"})",
         "error", "", "", "", ""},
    };
    JsonDecoder decoder;
    for (const auto& row : rows) {
        const auto decoded = decoder.decode(row.text, {});
        ASSERT_TRUE(decoded) << row.logger;
        const Record& record = decoded->record;
        EXPECT_EQ(record.level, row.level) << row.logger;
        EXPECT_EQ(record.scope.service, row.service) << row.logger;
        EXPECT_EQ(record.sqlstate, row.sqlstate) << row.logger;
        EXPECT_EQ(record.constraint, row.constraint) << row.logger;
        EXPECT_EQ(record.table, row.table) << row.logger;
        EXPECT_TRUE(record.time_is_own) << row.logger;
        EXPECT_EQ(record.side, Side::application) << row.logger;
    }
}

TEST(JsonRecord, PutsTheErrorsTextBehindTheMessage) {
    const auto decoded =
        JsonDecoder{}.decode(R"({"time":"2026-11-20T11:35:43Z","level":"ERROR","msg":"request failed","err":"ERROR: dup"})", {});
    EXPECT_EQ(decoded->record.message, "request failed\nERROR: dup");
}

TEST(JsonRecord, KeepsADeploymentsFields) {
    const auto decoded = JsonDecoder{}.decode(
        R"({"@timestamp":"2026-11-20T12:26:05.564Z","event":"deployment","action":"finished","service":"shop","environment":"production","version":"2.1.0","git":{"sha":"c0ffee1"}})",
        {});
    EXPECT_EQ(decoded->record.fields.at("event"), "deployment");
    EXPECT_EQ(decoded->record.fields.at("action"), "finished");
    EXPECT_EQ(decoded->record.fields.at("git.sha"), "c0ffee1");
    EXPECT_EQ(decoded->record.scope.release, "2.1.0");
    EXPECT_EQ(decoded->record.scope.environment, "production");
}

TEST(JsonRecord, ReadsPostgresqlsJsonlog) {
    const auto decoded = JsonDecoder{}.decode(
        R"({"timestamp":"2026-11-20 12:22:20.403 UTC","user":"app","dbname":"shop","pid":21648,"session_id":"6b.5","line_num":1,"error_severity":"ERROR","state_code":"23505","message":"dup","detail":"Key (a)=(1).","statement":"INSERT","application_name":"web","backend_type":"client backend"})",
        {});
    const Record& record = decoded->record;
    EXPECT_EQ(record.side, Side::server);
    EXPECT_EQ(record.format, "jsonlog");
    EXPECT_EQ(record.sqlstate, "23505");
    EXPECT_EQ(record.scope.database, "shop");
    EXPECT_EQ(record.postgresql->pid, 21648);
    EXPECT_EQ(record.detail, "Key (a)=(1).");
}

TEST(JsonRecord, SaysWhatIsMissing) {
    EXPECT_TRUE(JsonDecoder{}.decode(R"({"time":"soon","msg":"x"})", {})->unknown_timestamp);
    EXPECT_FALSE(JsonDecoder{}.decode(R"({"time":12.5,"msg":"x"})", {})->unknown_timestamp) << "a duration";
    EXPECT_TRUE(JsonDecoder{}.decode(R"({"message":"","level":"error"})", {})->empty_message);
    EXPECT_FALSE(JsonDecoder{}.decode("[1]", {}));
}

}  // namespace
}  // namespace culprit
