#include "daemon/web/incident_query.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "web_documents.h"

namespace culprit {
namespace {

using culprit::testing::numbered;

std::vector<std::string> names(const IncidentStore& store, const std::string& query, std::string* next = nullptr) {
    const auto parsed = parse_incident_query(query_of("/?" + query));
    EXPECT_TRUE(parsed.ok()) << query;
    const auto page = select(*store.list(), parsed.value());
    EXPECT_TRUE(page.ok()) << query;
    std::vector<std::string> found;
    for (const auto& incident : page.value().incidents) found.push_back(incident->summary.name);
    if (next) *next = page.value().next;
    return found;
}

TEST(IncidentQuery, filters_sorts_and_searches) {
    IncidentStore store;
    store.put({numbered(1, "open", "production", "checkout", "SEV2"), numbered(2, "resolved", "staging", "billing", "SEV1"),
               numbered(3, "resolved", "production", "billing", "SEV4"), numbered(4, "open", "staging", "checkout", "SEV3")});
    const struct {
        const char* query;
        std::vector<std::string> found;
    } cases[] = {
        {"", {"t4_pkey", "t1_pkey", "t3_pkey", "t2_pkey"}},
        {"sort=latest", {"t4_pkey", "t3_pkey", "t2_pkey", "t1_pkey"}},
        {"sort=severity", {"t2_pkey", "t1_pkey", "t4_pkey", "t3_pkey"}},
        {"sort=count&limit=1", {"t4_pkey"}},
        {"status=resolved", {"t3_pkey", "t2_pkey"}},
        {"environment=staging&service=checkout", {"t4_pkey"}},
        {"severity=SEV1,SEV2&sort=latest", {"t2_pkey", "t1_pkey"}},
        {"q=T3_PKEY", {"t3_pkey"}},
        {"q=billing+duplicate&sort=latest", {"t3_pkey", "t2_pkey"}},
        {"kind=deadlock_detected", {}},
        {"q=%3Cscript%3E", {}},
    };
    for (const auto& one : cases) EXPECT_EQ(names(store, one.query), one.found) << one.query;
}

TEST(IncidentQuery, what_it_does_not_know_is_an_error_that_says_what_there_is) {
    for (const char* query :
         {"stauts=open", "sort=alphabet", "limit=0", "limit=501", "limit=ten", "cursor=1.2", "cursor=x.y.z"}) {
        const auto parsed = parse_incident_query(query_of(std::string("/?") + query));
        ASSERT_FALSE(parsed.ok()) << query;
        EXPECT_GT(parsed.error().message.size(), 20u) << query;
    }
}

RC_GTEST_PROP(IncidentQuery, pages_show_each_incident_once_and_in_order_whatever_arrives_between_them, ()) {
    IncidentStore store;
    const int count = *rc::gen::inRange(1, 60);
    std::vector<std::string> all;
    for (int at = 0; at < count; ++at)
        store.put({numbered(*rc::gen::inRange(0, 40) * 100 + at, at % 3 == 0 ? "resolved" : "open")});
    const std::string base = "sort=" + *rc::gen::element<std::string>("open", "latest", "severity", "count", "last_seen") +
                             "&limit=" + std::to_string(*rc::gen::inRange(1, 20));
    const std::vector<std::string> whole = names(store, base.substr(0, base.find('&')) + "&limit=500");
    std::string next;
    std::vector<std::string> found = names(store, base, &next);
    while (!next.empty()) {
        store.put({numbered(86'399, "open")});  // the latest, worst of all orders but severity: before what was shown
        for (const std::string& name : names(store, base + to_text({{"cursor", next}}).replace(0, 1, "&"), &next))
            if (name != "t86399_pkey") found.push_back(name);
    }
    RC_ASSERT(found == whole);
}

TEST(UrlQuery, is_read_as_browsers_write_it) {
    EXPECT_EQ(query_of("/a?x=1&y=a+b%21&z=&=7&w"), (UrlQuery{{"x", "1"}, {"y", "a b!"}, {"z", ""}}));
    EXPECT_EQ(query_of("/a?x=%zz&y=%4"), (UrlQuery{{"x", "%zz"}, {"y", "%4"}}));
    EXPECT_EQ(to_text({{"q", "a&b=<ü>"}, {"r", ""}}), "?q=a%26b%3D%3C%C3%BC%3E");
    EXPECT_TRUE(query_of("/a").empty());
}

}  // namespace
}  // namespace culprit
