#include "daemon/web/pages.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

constexpr const char* kIncident = R"json({
  "message": "duplicate keys on orders_pkey", "service": {"name": "checkout", "environment": "production"},
  "culprit": {"id": "a1b2", "status": "open", "severity": "SEV2", "severity_reasons": ["more than 100 users"], "onset": "2026-02-03T04:05:06.123456Z",
    "trend": "spike", "attribution": "attributed",
    "symptom": {"kind": "unique_violation", "table": "orders", "database": "shop", "count": 4711, "samples": [{"message": "duplicate key value", "detail": "Key (id)=(h:1)"}]},
    "impact": {"users": 300, "services": ["checkout", "billing"]},
    "evidence": {"ddl": "flowing", "imports": "never_seen"},
    "causes": [
      {"confidence": 0.934, "summary": "rows imported with explicit ids", "offset_seconds": -306.1, "statement": "COPY \"orders\" FROM stdin",
       "evidence": [{"name": "same_table", "weight": 2.5, "detail": "orders"}, {"name": "far_away", "weight": -0.25, "detail": "five minutes"}],
       "source": {"type": "kafka", "name": "postgres-logs", "partition": 2, "offset": 77}},
      {"confidence": 0.05, "summary": "checkout 1.2 deployed", "offset_seconds": 10800}],
    "cause": {"confidence": 0.934, "summary": "rows imported with explicit ids", "offset_seconds": -306.1},
    "diagnosis": {"rule": "r", "summary": "the sequence is behind", "steps": ["stop the import"], "verify_sql": ["SELECT max(id) FROM \"orders\";"],
      "fix_sql": ["SELECT setval('orders_id_seq', 4712);"], "references": []},
    "timeline": [{"time": "2026-02-03T04:00:00Z", "what": "change", "text": "import"}], "related": ["c3d4"]}})json";

IncidentDocument document(const std::string& json, const std::string& status = "open") {
    IncidentDocument made;
    made.id = "a1b2";
    made.status = status;
    made.json = json;
    return made;
}
std::vector<IncidentStore::Incident> one(const std::string& json) {
    return {std::make_shared<const IncidentDocument>(document(json))};
}

void expect_each(const std::string& page, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(page.find(part), std::string::npos) << part << "\nis not in\n" << page;
}

TEST(Pages, the_list_says_what_it_is_how_bad_since_when_why_and_what_to_do) {
    expect_each(incidents_page(one(kIncident)),
                {"<title>1 open incident · culprit</title>", R"(<a href="/incidents/a1b2">duplicate keys on orders_pkey</a>)",
                 R"(<b class="SEV2">SEV2</b>)", "2026-02-03 04:05:06 UTC", "4711 errors", "checkout, production, shop",
                 "Cause, 93 %:", "rows imported with explicit ids", "5 min before the first error", "the sequence is behind",
                 "SELECT setval(&apos;orders_id_seq&apos;, 4712);"});
}

TEST(Pages, an_incident_shows_every_cause_with_the_evidence_for_and_against_it) {
    expect_each(incident_page(document(kIncident)),
                {"rows imported with explicit ids", "checkout 1.2 deployed", "<b>93 %</b>", "<b>5 %</b>",
                 "3 h after the first error", R"(<td class="weight for">+2.50</td><td>same table</td><td>orders</td>)",
                 R"(<td class="weight against">-0.25</td><td>far away</td>)", "COPY &quot;orders&quot; FROM stdin",
                 "postgres-logs/2, offset 77", "ddl flowing", "imports never_seen", "stop the import",
                 "SELECT max(id) FROM &quot;orders&quot;;", "300 users", "services checkout, billing",
                 R"(<a href="/incidents/c3d4">c3d4</a>)", "Key (id)=(h:1)", "more than 100 users"});
}

TEST(Pages, no_cause_found_is_an_answer) {
    const std::string nothing =
        R"({"message":"m","culprit":{"id":"a","status":"open","attribution":"unattributed","causes":[]}})";
    expect_each(incidents_page(one(nothing)), {"No cause found."});
    expect_each(incident_page(document(nothing)), {"No cause found."});
}

TEST(Pages, nothing_from_a_log_becomes_markup) {
    const std::string hostile = R"json(<script>alert(1)</script>\" onclick=\"x' {{title}} {{{content}}})json";
    std::string json = kIncident;
    for (const char* place : {"duplicate keys on orders_pkey", "rows imported with explicit ids", "duplicate key value",
                              "same_table", "the sequence is behind", "a1b2", "c3d4", "checkout", "flowing", "SEV2",
                              "stop the import", "postgres-logs", "import\"}"}) {
        const std::size_t at = json.find(place);
        ASSERT_NE(at, std::string::npos) << place;
        json.insert(at, hostile);
    }
    for (const std::string& page : {incidents_page(one(json)), incident_page(document(json))}) {
        EXPECT_EQ(page.find("<script"), std::string::npos);
        EXPECT_EQ(page.find("\" onclick"), std::string::npos);
        EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
        EXPECT_NE(page.find("{{title}}"), std::string::npos) << "a template's braces in a log are only text";
    }
}

TEST(Pages, a_document_that_lacks_everything_still_has_a_page) {
    for (const char* json : {"{}", "null", "7", "not json", R"({"culprit":7})",
                             R"({"culprit":{"causes":[1,{}],"timeline":[3],"evidence":[],"symptom":[]}})"}) {
        EXPECT_NE(incidents_page(one(json)).find("</html>"), std::string::npos) << json;
        EXPECT_NE(incident_page(document(json)).find("</html>"), std::string::npos) << json;
    }
}

TEST(Pages, with_no_incident_the_page_says_so) {
    expect_each(incidents_page({}), {"No open incident", "No database error has been recognised yet"});
}

}  // namespace
}  // namespace culprit
