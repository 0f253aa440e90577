#include "matchers/links.h"

#include <gtest/gtest.h>

#include "matchers/compact_tally.h"
#include "matchers/tally.h"

namespace culprit {
namespace {

using Links = std::vector<Link>;

TEST(Links, AreTheAddressesThatAPatternCaught) {
    EXPECT_EQ(
        links_of(
            {{"link_pull_request", "https://git.example/a/pull/7"}, {"link_commit", "http://git.example/a/c"}, {"release", "1"}}),
        (Links{{"commit", "http://git.example/a/c"}, {"pull_request", "https://git.example/a/pull/7"}}));
}

TEST(Links, HoldNothingThatCouldBeAValueOrAScript) {
    EXPECT_EQ(links_of({{"link_issue", "https://sentry.example/issues/1/?query=ann@example.org#e"}}),
              (Links{{"issue", "https://sentry.example/issues/1/"}}));
    for (const char* wrong :
         {"javascript:alert(1)", "https://", "ftp://git.example/a", "https://ann:secret@git.example/a", "https://git.example/a b",
          "https://git.example/\"><script>", "//git.example/a", "https://git.example/\xE2\x80\xAE"})
        EXPECT_EQ(links_of({{"link_commit", wrong}}), Links{}) << wrong;
    EXPECT_EQ(links_of({{"link_commit", "https://git.example/" + std::string(600, 'a')}}), Links{});
}

TEST(Links, OfACommitAreMadeOfItsRepositoryWhereNoneIsGiven) {
    const std::string sha = "c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffe";
    EXPECT_EQ(links_of({{"repository_url", "https://git.example/a"}, {"commit_sha", sha}}),
              (Links{{"commit", "https://git.example/a/commit/" + sha}}));
    EXPECT_EQ(links_of({{"repository_url", "https://git.example/a"}, {"commit_sha", "main"}}), Links{});
    EXPECT_EQ(
        links_of({{"repository_url", "https://git.example/a"}, {"commit_sha", sha}, {"link_commit", "https://git.example/b"}})
            .size(),
        1U);
}

Tally tally_with(const std::string& url) {
    Signal symptom;
    symptom.kind = "unique_violation";
    symptom.time = from_micros(1'770'000'000'000'000);
    if (!url.empty()) symptom.links = {{"issue", url}};
    TallyTable table;
    table.add(symptom);
    return table.drain().front();
}

TEST(Links, OfATallyAreKeptByTheLogAndMergeInAnyOrder) {
    Tally ab = tally_with("https://s.example/a"), ba = tally_with("https://s.example/b");
    ab.merge(ba);
    ba.merge(tally_with("https://s.example/a"));
    EXPECT_EQ(ab.links, ba.links);
    const auto read = decode_log_entry(encode_compact(ab));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(std::get<Tally>(read.value()).links, ab.links);
    EXPECT_TRUE(is_compact_tally(encode_compact(tally_with("")))) << "all others are written as ever";
    Tally many = tally_with("");
    for (int i = 0; i < 20; ++i) many.merge(tally_with("https://s.example/" + std::to_string(i)));
    EXPECT_EQ(many.links.size(), Tally::kLinks);
}

TEST(Links, OfAChangeAreKeptByTheLog) {
    Signal change;
    change.family = Family::change;
    change.kind = "deployment";
    change.links = {{"run", "https://ci.example/7"}, {"commit", "https://git.example/c"}};
    const auto read = decode_log_entry(encode(change));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(std::get<Signal>(read.value()).links, change.links);
    EXPECT_NE(to_json_line(change).find(R"("links":[{"url":"https://ci.example/7","what":"run"})"), std::string::npos)
        << to_json_line(change);
}

}  // namespace
}  // namespace culprit
