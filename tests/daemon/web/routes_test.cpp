#include "daemon/web/routes.h"

#include <gtest/gtest.h>

#include <set>

#include "web_documents.h"

namespace culprit {
namespace {

using nlohmann::json;

class Routes : public ::testing::Test {
   protected:
    Routes() {
        incidents_.put(
            {testing::numbered(1), testing::numbered(2, "resolved"), testing::document("gone", json::object(), "merged")});
    }

    WebAnswer ask(const std::string& method, const std::string& target, WebRequest with = {}) {
        with.method = method;
        with.target = target;
        with.host = "localhost:8780";
        if (method == "POST" && with.content_type.empty()) with.content_type = "application/json";
        with.now = from_micros(1'770'000'000'000'000);
        return answer(with, state_);
    }
    static std::string header(const WebAnswer& answer, const std::string& name) {
        for (const auto& [key, value] : answer.headers)
            if (key == name) return value;
        return {};
    }

    Telemetry telemetry_;
    IncidentStore incidents_;
    AnnouncedMaintenance maintenance_;
    WebState state_{{}, true, telemetry_, incidents_, maintenance_, [] { return Readiness{true, "signal log: ok\n"}; }, {}};
    const std::string id_ = "0000000000000001";
};

TEST_F(Routes, are_those_of_the_openapi_document_and_it_has_no_other) {
    const json document = json::parse(ask("GET", "/api/v1/openapi.json").body);
    std::set<std::string> described, known;
    for (const auto& [path, methods] : document["paths"].items())
        for (const auto& [method, operation] : methods.items()) {
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            described.insert(upper + " " + path);
            EXPECT_FALSE(operation["responses"].empty()) << path;
            EXPECT_EQ(path.find('{') != std::string::npos,
                      operation.contains("parameters") && operation["parameters"].dump().find("query") == std::string::npos)
                << path << ": its parameter is described";
        }
    for (const RouteName& route : route_names()) known.insert(std::string(route.method) + " " + std::string(route.path));
    EXPECT_EQ(described, known);
}

TEST_F(Routes, answer_as_the_openapi_document_says) {
    const json document = json::parse(ask("GET", "/api/v1/openapi.json").body);
    for (const RouteName& route : route_names()) {
        std::string target(route.path), method(route.method), lower = method;
        if (const auto open = target.find('{'); open != std::string::npos) target.replace(open, target.find('}') - open + 1, id_);
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        const json& responses = document["paths"][std::string(route.path)][lower]["responses"];
        const int status = ask(method, target).status;
        EXPECT_TRUE(responses.contains(std::to_string(status))) << method << " " << target << " answered " << status;
    }
}

TEST_F(Routes, lists_come_by_pages_with_a_tag) {
    const WebAnswer first = ask("GET", "/api/v1/incidents?limit=1");
    const json page = json::parse(first.body);
    EXPECT_EQ(page["total"], 2);
    EXPECT_EQ(page["incidents"][0]["culprit"]["id"], id_);
    const json rest = json::parse(ask("GET", "/api/v1/incidents?limit=1&cursor=" + page["next"].get<std::string>()).body);
    EXPECT_EQ(rest["incidents"][0]["culprit"]["status"], "resolved");
    EXPECT_FALSE(rest.contains("next"));

    WebRequest again;
    again.if_none_match = header(first, "ETag");
    EXPECT_EQ(ask("GET", "/api/v1/incidents?limit=1", again).status, 304);
    incidents_.put({testing::numbered(3)});
    EXPECT_EQ(ask("GET", "/api/v1/incidents?limit=1", again).status, 200) << "something is new";
    EXPECT_EQ(ask("GET", "/api/v1/incidents?stauts=open").status, 400);
}

TEST_F(Routes, what_is_said_becomes_a_note) {
    WebRequest said;
    said.body = R"({"verdict":"wrong"})";
    const WebAnswer answer = ask("POST", "/api/v1/incidents/" + id_ + "/feedback", said);
    ASSERT_TRUE(answer.note) << answer.body;
    EXPECT_EQ(answer.note->verdict, "wrong");
    EXPECT_EQ(ask("POST", "/api/v1/incidents/none/acknowledge").status, 404);
    EXPECT_EQ(ask("POST", "/api/v1/incidents/gone/acknowledge").status, 409);
    EXPECT_EQ(ask("POST", "/api/v1/incidents/" + id_ + "/silence").status, 400);
}

TEST_F(Routes, no_page_of_another_origin_changes_anything) {
    const struct {
        const char *origin, *site, *type;
        int status;
    } cases[] = {{"", "", "application/json", 200},
                 {"http://localhost:8780", "same-origin", "application/json; charset=utf-8", 200},
                 {"http://evil.example.org", "", "application/json", 403},
                 {"http://localhost:9999", "", "application/json", 403},
                 {"null", "", "application/json", 403},
                 {"", "cross-site", "application/json", 403},
                 {"", "same-site", "application/json", 403},
                 {"", "", "text/plain", 415},
                 {"", "", "application/x-www-form-urlencoded", 415}};
    for (const auto& one : cases) {
        WebRequest request;
        request.origin = one.origin;
        request.fetch_site = one.site;
        request.content_type = one.type;
        const WebAnswer answer = ask("POST", "/api/v1/incidents/" + id_ + "/acknowledge", request);
        EXPECT_EQ(answer.status, one.status) << one.origin << one.site << one.type;
        EXPECT_EQ(answer.note.has_value(), one.status == 200);
    }
    WebRequest elsewhere;
    elsewhere.origin = "http://evil.example.org";
    EXPECT_EQ(ask("DELETE", "/api/v1/maintenance/x", elsewhere).status, 403);
}

TEST_F(Routes, a_window_is_announced_listed_and_called_off) {
    WebRequest said;
    said.body = R"({"database":"shop","from":"2026-02-03T02:00Z","until":"2026-02-03T02:15Z","text":"upgrade"})";
    const WebAnswer announced = ask("POST", "/api/v1/maintenance", said);
    ASSERT_EQ(announced.status, 201) << announced.body;
    maintenance_.add(*announced.note);  // as the fold does
    const json listed = json::parse(ask("GET", "/api/v1/maintenance").body)["maintenance"];
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0], json::parse(announced.body));
    const std::string page = ask("GET", "/maintenance").body;
    EXPECT_NE(page.find("/maintenance/" + listed[0]["id"].get<std::string>() + "/end"), std::string::npos) << page;
    const WebAnswer off = ask("DELETE", "/api/v1/maintenance/" + listed[0]["id"].get<std::string>());
    ASSERT_TRUE(off.note);
    maintenance_.add(*off.note);
    EXPECT_TRUE(maintenance_.list().empty());
    EXPECT_EQ(ask("DELETE", "/api/v1/maintenance/" + listed[0]["id"].get<std::string>()).status, 404);
}

TEST_F(Routes, every_page_loads_only_what_the_daemon_itself_serves) {
    for (const std::string& path : {std::string("/"), "/incidents/" + id_, std::string("/changes"), std::string("/pipeline"),
                                    std::string("/incidents/none")}) {
        const WebAnswer page = ask("GET", path);
        std::size_t assets = 0;
        for (std::size_t at = page.body.find("\"/assets/"); at != std::string::npos; at = page.body.find("\"/assets/", at + 1)) {
            const std::string address = page.body.substr(at + 1, page.body.find('"', at + 1) - at - 1);
            const WebAnswer asset = ask("GET", address);
            EXPECT_EQ(asset.status, 200) << path << " loads " << address;
            EXPECT_EQ(header(asset, "Cache-Control"), "max-age=31536000, immutable");
            ++assets;
        }
        EXPECT_EQ(assets, 4u) << "two style sheets, a script and an icon";
        for (const char* never : {"<style", " style=\"", "<script>", "://", " src=\"h", " onclick"})
            EXPECT_EQ(page.body.find(never), std::string::npos) << path << " has " << never;
        EXPECT_NE(header(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
    }
}

TEST_F(Routes, a_stream_of_changes_goes_on_where_it_was_lost) {
    const std::uint64_t seen = incidents_.revision();
    incidents_.put({testing::numbered(9)});
    EXPECT_NE(change_event(incidents_, seen).find(R"("ids":["0000000000000009"])"), std::string::npos)
        << change_event(incidents_, seen);
    for (const std::uint64_t unknown : {std::uint64_t{0}, std::uint64_t{17}, incidents_.revision() + 5})
        EXPECT_NE(change_event(incidents_, unknown).find(R"("all":true)"), std::string::npos);
}

TEST_F(Routes, a_window_is_ended_now_or_called_off_before_it_begins) {
    const auto window = [&](std::string id, Duration from, Duration until) {
        OperatorNote note;
        note.kind = NoteKind::maintenance;
        note.id = std::move(id);
        note.time = from_micros(1'769'990'000'000'000);
        note.from = from_micros(1'770'000'000'000'000) + from;
        note.until = from_micros(1'770'000'000'000'000) + until;
        maintenance_.add(note);
    };
    using std::chrono::hours;
    window("now", hours{-1}, hours{1});
    window("coming", hours{1}, hours{2});
    window("over", hours{-2}, hours{-1});
    const WebAnswer ended = ask("POST", "/api/v1/maintenance/now/end");
    ASSERT_TRUE(ended.note);
    EXPECT_EQ(ended.note->until, from_micros(1'770'000'000'000'000)) << "what began in it stays planned";
    EXPECT_FALSE(ended.note->withdrawn);
    EXPECT_TRUE(ask("POST", "/api/v1/maintenance/coming/end").note->withdrawn);
    EXPECT_EQ(ask("POST", "/api/v1/maintenance/over/end").status, 409);
    EXPECT_EQ(ask("POST", "/api/v1/maintenance/none/end").status, 404);
}

TEST_F(Routes, a_windows_button_works_without_a_script_and_for_pages_of_this_server_alone) {
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.id = "now";
    note.until = from_micros(1'780'000'000'000'000);
    maintenance_.add(note);
    WebRequest form;
    form.content_type = "application/x-www-form-urlencoded";
    EXPECT_EQ(ask("POST", "/maintenance/now/end", form).status, 403) << "who sends it is not said";
    form.origin = "https://elsewhere.example";
    EXPECT_EQ(ask("POST", "/maintenance/now/end", form).status, 403);
    form.origin = "null";
    EXPECT_EQ(ask("POST", "/maintenance/now/end", form).status, 403);
    form.origin = "http://localhost:8780";
    const WebAnswer ended = ask("POST", "/maintenance/now/end", form);
    EXPECT_EQ(ended.status, 303);
    EXPECT_EQ(header(ended, "Location"), "/maintenance");
    ASSERT_TRUE(ended.note);
    EXPECT_FALSE(ended.note->withdrawn);
    EXPECT_EQ(ask("POST", "/api/v1/maintenance/now/end", form).status, 415) << "the API takes no forms";
}

}  // namespace
}  // namespace culprit
