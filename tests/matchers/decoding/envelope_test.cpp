#include "matchers/decoding/envelope.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

struct Row {
    std::string_view name, bytes, payload, stream, service, environment;
};

TEST(Envelope, ComesOffInEachDressThatShippersAndRuntimesWrap) {
    const Row rows[] = {
        {"none", "COPY 6", "COPY 6", "", "", ""},
        {"Filebeat",
         R"({"@timestamp":"2026-11-20T12:00:00Z","message":"COPY 6","log":{"file":{"path":"/var/log/a.log"}},"agent":{"type":"filebeat"},"host":{"name":"n1"},"service":{"name":"shop","environment":"production"}})",
         "COPY 6", "n1|/var/log/a.log", "shop", "production"},
        {"Filebeat, dotted names",
         R"({"@timestamp":"2026-11-20T12:00:00Z","message":"COPY 6","log.file.path":"/a","host.name":"n1"})", "COPY 6", "n1|/a",
         "", ""},
        {"Docker", R"({"log":"COPY 6\n","stream":"stdout","time":"2026-11-20T12:00:00.1Z"})", "COPY 6", "stdout", "", ""},
        {"Fluent Bit",
         R"({"@timestamp":"2026-11-20T12:00:00Z","log":"COPY 6","stream":"stderr","kubernetes":{"pod_name":"p1","labels":{"app":"shop"}}})",
         "COPY 6", "p1|stderr", "shop", ""},
        {"CRI", "2026-11-20T11:20:51.852152000Z stderr F COPY 6", "COPY 6", "stderr", "", ""},
        {"journald's short-iso", "2026-11-20T11:20:51+0000 node-3 shop[1]: COPY 6", "COPY 6", "node-3|shop[1]", "", ""},
        {"syslog", "<34>Nov 20 11:20:51 node-3 shop[1]: COPY 6", "COPY 6", "node-3|shop[1]", "", ""},
        {"syslog, RFC 5424", "<34>1 2026-11-20T11:20:51.852Z node-3 shop 77 - - COPY 6", "COPY 6", "node-3|shop|77", "", ""},
        {"Docker within Filebeat",
         R"({"@timestamp":"2026-11-20T12:00:00Z","agent":{},"message":"{\"log\":\"COPY 6\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T12:00:00Z\"}","log":{"file":{"path":"/a"}}})",
         "COPY 6", "/a|stdout", "", ""},
    };
    EnvelopePeeler peeler;
    for (const auto& row : rows) {
        const Peeled peeled = peeler.peel(row.bytes, {});
        EXPECT_EQ(peeled.payload, row.payload) << row.name;
        EXPECT_EQ(peeled.stream, row.stream) << row.name;
        EXPECT_EQ(peeled.scope.service, row.service) << row.name;
        EXPECT_EQ(peeled.scope.environment, row.environment) << row.name;
        EXPECT_EQ(peeled.shape, PayloadShape::text) << row.name;
    }
}

TEST(Envelope, LeavesAnApplicationsOwnJsonAlone) {
    EnvelopePeeler peeler;
    for (
        const std::string_view bytes :
        {R"({"@timestamp":"2026-11-20T12:00:00Z","log.level":"error","message":"boom","service.name":"shop"})",
         R"({"level":50,"time":1795177505306,"msg":"boom"})",
         R"({"@timestamp":"2026-11-20T12:00:00Z","level":"ERROR","message":"merged","log":{"file":{"path":"/a"}},"agent":{}})"}) {
        const Peeled peeled = peeler.peel(bytes, {});
        EXPECT_EQ(peeled.shape, PayloadShape::json) << bytes;
        EXPECT_EQ(peeled.payload, bytes);
    }
}

TEST(Envelope, TellsBrokenJsonFromBraces) {
    EnvelopePeeler peeler;
    EXPECT_EQ(peeler.peel(R"({"message":"cut)", {}).shape, PayloadShape::broken_json);
    EXPECT_EQ(peeler.peel("{ code: '23505',", {}).shape, PayloadShape::text) << "Node's util.inspect";
    EXPECT_EQ(peeler.peel(R"({"a"=>1})", {}).shape, PayloadShape::text) << "Ruby's";
}

TEST(Envelope, ReadsTheBytesOfDatabasesThatAreNotUtf8AndRepairsTheRest) {
    struct Case {
        std::string bytes, text;
    };
    for (const auto& [bytes, text] :
         std::vector<Case>{{"\"gr\xF6\xDF"
                            "e\"",
                            "\"größe\""},                                           // LATIN1
                           {"\"\xC9\xBD\xA1\xD6x\xA1\xD7_pk\"", "\"表「x」_pk\""},  // EUC_JP
                           {"\"gr\x8F\xAB\xD3\x8F\xA9\xCE"
                            "e\"",
                            "\"größe\""},  // EUC_JP, its third plane
                           {"\xCE\xD8\xC8\xC1\xCA\xC0:  \"\xE7\xE0\xEA\xE0\xE7\xFB\"", "ОШИБКА:  \"заказы\""},  // WIN1251
                           {"\"\xDA\xC1\xCB\xC1\xDA\xD9\"", "\"заказы\""},                                      // KOI8R
                           {"\xBF\xC0\xB7\xF9:  \"\xC1\xD6\xB9\xAE\"", "오류:  \"주문\""},                      // EUC_KR
                           {"\xB4\xED\xCE\xF3:  \"\xB6\xA9\xB5\xA5\"", "错误:  \"订单\""},                      // EUC_CN
                           {"cut within a letter: \xE2\x82", "cut within a letter: \xEF\xBF\xBD\xEF\xBF\xBD"},
                           {"größe, and one wrong byte: \xF6, in UTF-8", "größe, and one wrong byte: \xEF\xBF\xBD, in UTF-8"}}) {
        EnvelopePeeler peeler;
        const Peeled peeled = peeler.peel(bytes, {});
        EXPECT_TRUE(peeled.repaired_utf8) << text;
        EXPECT_EQ(peeled.payload, text);
    }
}

TEST(Envelope, OfDockerComposeIsTheContainersNameWithItsNumber) {
    EnvelopePeeler peeler;
    const Peeled peeled = peeler.peel("shop-db-1  | 2026-11-20 12:25:20.147 UTC [7] ERROR:  x", {});
    EXPECT_EQ(peeled.payload, "2026-11-20 12:25:20.147 UTC [7] ERROR:  x");
    EXPECT_EQ(peeled.stream, "shop-db-1");
    EXPECT_EQ(peeler.peel("db-1  | x", {}).payload, "x");
    for (const char* other :
         {"2026-11-20 12:00:00.123 | ERROR    | __main__:f:1 - x", "2026-11-20 | ERROR | x", " id-1 | name", "orders | 4711 | x"})
        EXPECT_EQ(peeler.peel(other, {}).payload, other);
}

TEST(Envelope, EndsWithBoundedDepth) {
    std::string bytes = "COPY 6";
    for (int i = 0; i < 10; ++i) {
        std::string escaped;
        for (const char c : bytes) {
            if (c == '"' || c == '\\') escaped += '\\';
            escaped += c;
        }
        bytes = "{\"log\":\"" + escaped + "\",\"stream\":\"stdout\"}";
    }
    EnvelopePeeler peeler;
    EXPECT_NE(peeler.peel(bytes, {}).payload, "COPY 6");
}

}  // namespace
}  // namespace culprit
