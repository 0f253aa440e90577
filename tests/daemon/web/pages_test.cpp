#include "daemon/web/pages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace culprit {
namespace {

constexpr const char* kIncident = R"json({
  "message": "duplicate keys on orders_pkey: rows imported with explicit ids, 93 %", "service": {"name": "checkout", "environment": "production"},
  "culprit": {"id": "a1b2", "status": "open", "severity": "SEV2", "severity_reasons": ["more than 100 users"], "onset": "2026-02-03T04:05:06.123456Z",
    "trend": "spike", "attribution": "attributed",
    "symptom": {"kind": "unique_violation", "histogram": {"from": "2026-02-03T04:05:00.000000Z", "step_seconds": 60, "counts": [3, 0, 4]}, "table": "orders", "database": "shop", "count": 4711, "samples": [{"message": "duplicate key value", "detail": "Key (id)=(h:1)"}]},
    "impact": {"users": 300, "services": ["checkout", "billing"]},
    "evidence": {"ddl": "flowing", "imports": "never_seen"},
    "causes": [
      {"confidence": 0.934, "summary": "rows imported with explicit ids", "offset_seconds": -306.1, "time": "2026-02-03T04:00:00.000000Z", "statement": "COPY \"orders\" FROM stdin",
       "evidence": [{"name": "same_table", "weight": 2.5, "detail": "orders"}, {"name": "far_away", "weight": -0.25, "detail": "five minutes"}],
       "source": {"type": "kafka", "name": "postgres-logs", "partition": 2, "offset": 77}},
      {"confidence": 0.05, "summary": "checkout 1.2 deployed", "offset_seconds": 10800, "time": "2026-02-03T07:05:06.000000Z"}],
    "cause": {"confidence": 0.934, "summary": "rows imported with explicit ids", "offset_seconds": -306.1},
    "diagnosis": {"rule": "r", "summary": "the sequence is behind", "steps": ["stop the import"], "verify_sql": ["SELECT max(id) FROM \"orders\";"],
      "fix_sql": ["SELECT setval('orders_id_seq', 4712);"], "references": []},
    "timeline": [{"time": "2026-02-03T04:00:00Z", "what": "change", "text": "import"}], "related": ["c3d4"]}})json";

IncidentDocument document(const std::string& json, const std::string& status = "open") {
    IncidentDocument made;
    made.id = "a1b2";
    made.status = status;
    made.severity = "SEV2";
    made.json = json;
    return made;
}
std::string list_of(const std::string& json, const UrlQuery& query = {}) {
    IncidentStore store;
    store.put({document(json)});
    return incidents_page(*store.list(), query);
}
std::string page_of(const std::string& json, const std::string& status = "open") {
    return incident_page({document(json, status), summarise(document(json, status)), 1}, IncidentStore());
}

void expect_each(const std::string& page, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(page.find(part), std::string::npos) << part << "\nis not in\n" << page;
}

TEST(Pages, the_list_says_what_it_is_how_bad_since_when_and_why) {
    expect_each(
        list_of(kIncident),
        {"<title>1 open incident · culprit</title>", R"(<a href="/incidents/a1b2">duplicate keys on orders_pkey</a>)",
         R"(<span class="sev SEV2">SEV2</span>)", "2026-02-03 04:05:06 UTC", "4,711 errors", "checkout, billing", "production",
         "database shop", R"(<span class="sure">93 %</span> rows imported with explicit ids)", "300 users"});
}

TEST(Pages, an_incident_answers_first_and_then_shows_every_cause_with_the_evidence_for_and_against_it) {
    const std::string page = page_of(kIncident);
    expect_each(page, {"<h1>duplicate keys on orders_pkey: rows imported with explicit ids, 93 %</h1>",
                       "checkout 1.2 deployed",
                       "<b>93 %</b>",
                       "<b>5 %</b>",
                       "5 min before the first error",
                       "3 h after the first error",
                       R"(<td class="number for">+2.5</td>)",
                       R"(<th scope="row">same table</th><td>orders</td>)",
                       R"(<td class="number against">-0.2</td>)",
                       "COPY &quot;orders&quot; FROM stdin",
                       "postgres-logs/2, offset 77",
                       "Schema changes (DDL): <b>flowing</b>",
                       "Imports: <b>never seen here</b>",
                       "ship what the import tool prints",
                       "stop the import",
                       "SELECT max(id) FROM &quot;orders&quot;;",
                       "SELECT setval(&apos;orders_id_seq&apos;, 4712);",
                       "<dt>Users</dt><dd>300</dd>",
                       "checkout, billing",
                       R"(<a href="/incidents/c3d4">c3d4</a>)",
                       "Key (id)=(h:1)",
                       "more than 100 users",
                       R"(<svg role="img" aria-label="7 errors)"});
    EXPECT_LT(page.find("rows imported"), page.find("SELECT setval")) << "the cause comes first";
    EXPECT_LT(page.find("SELECT setval"), page.find("class=\"chart\"")) << "then what to do, then all the rest";
}

TEST(Pages, links_lead_to_the_incidents_own_logs_and_dashboards) {
    const std::vector<PageLink> links{
        {"Logs", "https://logs.example/?service={service}&from={from}&to={to}"},
        {"Dashboard", "https://grafana.example/d/{database}?from={from_ms}"},
        {"Sentry", "https://sentry.example/?query=release:{release}"},
    };
    const auto page_with = [&](const std::string& service) {
        std::string json = kIncident;
        json.replace(json.find(R"("trend")"), 0, R"("last_seen": "2026-02-03T04:15:06Z", )");
        const std::string named = R"("services": ["checkout")";
        json.replace(json.find(named), named.size(), R"("services": [)" + nlohmann::json(service).dump());
        return incident_page({document(json), summarise(document(json)), 1}, IncidentStore(), links);
    };
    const std::string page = page_with("checkout");
    expect_each(page, {R"(<a href="https://logs.example/?service=checkout&amp;from=2026-02-03T03%3A50%3A06.123456Z&amp;to=)",
                       R"(<a href="https://grafana.example/d/shop?from=1770090606123" rel="noreferrer noopener">Dashboard</a>)"});
    EXPECT_EQ(page.find("sentry.example"), std::string::npos) << "no release is known: a link to nothing is none";
    expect_each(page_with("a&b=\"<c>"), {"?service=a%26b%3D%22%3Cc%3E&amp;from="});
}

TEST(Pages, links_of_the_document_are_shown_unless_they_are_scripts) {
    const std::string links = R"json("links": [{"title": "The commit", "url": "https://git.example/c/1"},
                                               {"title": "x", "url": "javascript:alert(1)"}], )json";
    std::string json = kIncident;
    json.insert(json.find(R"("related")"), links);
    expect_each(page_of(json), {R"(<a href="https://git.example/c/1" rel="noreferrer noopener">The commit</a>)"});
    EXPECT_EQ(page_of(json).find("javascript:"), std::string::npos);
}

TEST(Pages, the_chart_marks_changes_before_and_after_the_first_error) {
    const std::string page = page_of(kIncident);
    const auto place = [&](const std::string& mark) {
        const std::size_t at = page.find(mark);
        EXPECT_NE(at, std::string::npos) << mark;
        const std::size_t x = page.find("cx=\"", at) + 4;
        return std::stod(page.substr(x));
    };
    const std::size_t onset = page.find("<line class=\"onset\" x1=\"");
    ASSERT_NE(onset, std::string::npos);
    const double first_error = std::stod(page.substr(onset + 24));
    EXPECT_LT(place("<g class=\"mark culprit\">"), first_error);
    EXPECT_GT(place("<g class=\"mark candidate outside\">"), first_error) << "three hours later: at the edge";
    std::size_t bars = 0;
    for (std::size_t at = page.find("class=\"errors\""); at != std::string::npos; at = page.find("class=\"errors\"", at + 1))
        ++bars;
    EXPECT_EQ(bars, 2u) << "a bar for each step with errors";
}

TEST(Pages, no_cause_found_is_an_answer) {
    const std::string nothing =
        R"({"message":"m","culprit":{"id":"a","status":"open","attribution":"unattributed","causes":[],"evidence":{"ddl":"flowing","deployments":"quiet","imports":"never_seen"}}})";
    expect_each(list_of(nothing), {"No cause found"});
    expect_each(page_of(nothing), {"No cause found.", "Seen, and none of them explains it: schema changes.",
                                   "Quiet for a while, so one may have been missed: deployments.",
                                   "Could not have been seen, as nothing of the kind was ever read here: imports."});
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
    for (const std::string& page : {list_of(json), page_of(json)}) {
        EXPECT_EQ(page.find("<script"), page.rfind("<script")) << "the page's own alone";
        EXPECT_EQ(page.find("\" onclick"), std::string::npos);
        EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
        EXPECT_NE(page.find("{{title}}"), std::string::npos) << "a template's braces in a log are only text";
    }
}

TEST(Pages, a_log_line_does_not_turn_the_text_around_it) {
    const std::string page = list_of("{\"message\":\"Missing table \u202Eevil\u2066\u200F since 12:00 \u2013 ok\"}");
    EXPECT_NE(page.find("Missing table \\u202Eevil\\u2066\\u200F since 12:00 \u2013 ok"), std::string::npos);
}

TEST(Pages, a_document_that_lacks_everything_still_has_a_page) {
    for (const char* json : {"{}", "null", "7", "not json", R"({"culprit":7})",
                             R"({"culprit":{"causes":[1,{}],"timeline":[3],"evidence":[],"symptom":[]}})"}) {
        EXPECT_NE(list_of(json).find("</html>"), std::string::npos) << json;
        EXPECT_NE(page_of(json).find("</html>"), std::string::npos) << json;
    }
}

TEST(Pages, with_no_incident_the_page_says_so) {
    expect_each(incidents_page({}, {}), {"No open incident", "No database error has been recognised yet"});
}

TEST(Pages, maintenance_shows_what_is_open_and_what_comes_with_who_said_so) {
    const EventTime now = from_micros(1'770'000'000'000'000);
    using std::chrono::hours;
    AnnouncedMaintenance maintenance({{"staging", "", now - hours{1}, now + hours{1}}, {"", "", now - hours{9}, now - hours{8}}});
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.id = "w1";
    note.environment = "production";
    note.database = "shop";
    note.author = "<b>ann</b>";
    note.text = "the long <script>alert(1)</script> migration";
    note.time = now - hours{1};
    note.from = now + hours{1};
    note.until = now + hours{2};
    maintenance.add(note);
    const std::string page = maintenance_page(maintenance, now, "localhost:8780");
    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_EQ(page.find("<b>ann"), std::string::npos);
    const std::size_t open = page.find("id=\"present\""), coming = page.find("id=\"coming\"");
    ASSERT_LT(open, coming);
    const std::string first = page.substr(open, coming - open), second = page.substr(coming);
    EXPECT_NE(first.find("staging"), std::string::npos) << first;
    EXPECT_NE(first.find("from the configuration"), std::string::npos) << first;
    EXPECT_EQ(first.find("<form"), std::string::npos) << "it is ended in the configuration";
    EXPECT_EQ(first.find("everywhere"), std::string::npos) << "it is over";
    EXPECT_NE(second.find("production, database shop"), std::string::npos) << second;
    EXPECT_NE(second.find("by &lt;b&gt;ann"), std::string::npos) << second;
    EXPECT_NE(second.find("action=\"/maintenance/w1/end\""), std::string::npos) << second;
    EXPECT_EQ(maintenance_now(maintenance, now), std::vector<std::string>{"staging until 2026-02-02 03:40:00 UTC"});
}

}  // namespace
}  // namespace culprit
