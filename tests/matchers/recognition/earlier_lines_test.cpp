// What a line means may depend on the lines before it: a tool that only prints, a statement that psql echoed.
#include <gtest/gtest.h>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using testing_lines::Feed;
using testing_lines::kafka;
using testing_lines::recognition;

std::string shown(const std::vector<Signal>& signals) {
    std::string text;
    for (const auto& signal : signals) {
        text += (text.empty() ? "" : "\n") + signal.tool + " " + signal.kind;
        if (!signal.operation.empty()) text += " " + signal.operation;
        text += " " + std::string(to_string(signal.phase));
        for (const auto& object : signal.objects) text += " " + object.name;
    }
    return text;
}

struct Case {
    const char* what;
    std::vector<std::string> lines;
    const char* signals;
};

const Case kCases[] = {
    {"alembic --sql prints and does not run",
     {"INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.", "INFO  [alembic.runtime.migration] Generating static SQL",
      "INFO  [alembic.runtime.migration] Running upgrade  -> 1a2b3c4d5e6f, create coupons", "-- Running upgrade  -> 1a2b3c4d5e6f",
      "", "CREATE TABLE coupons (", "    id SERIAL NOT NULL", ");"},
     ""},
    {"a run behind it runs",
     {"INFO  [alembic.runtime.migration] Generating static SQL", "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.",
      "INFO  [alembic.runtime.migration] Running upgrade  -> 1a2b3c4d5e6f, create coupons"},
     "alembic migration started"},
    {"psql -a says the statement, then its tag",
     {"\\echo release", "release", "ALTER TABLE orders", "  ADD COLUMN note text;", "ALTER TABLE",
      "CREATE INDEX ON orders (note);", "Time: 0.1 ms", "CREATE INDEX"},
     "psql schema_change add_column succeeded note orders\npsql schema_change create_index succeeded orders_note_idx orders"},
    {"psql without -a says the tag alone", {"BEGIN", "ALTER TABLE", "COMMIT"}, "psql schema_change alter_table succeeded"},
    {"a statement of another kind is not the tag's",
     {"DROP TABLE a;", "ALTER TABLE"},
     "psql schema_change alter_table succeeded"},
};

TEST(EarlierLines, say_what_a_line_means) {
    for (const auto& [what, lines, signals] : kCases) EXPECT_EQ(shown(Feed(lines).all().signals), signals) << what;
}

TEST(EarlierLines, are_those_of_the_same_stream) {
    const auto line = [](const char* path, const char* message) {
        return std::string(R"({"@timestamp":"2026-11-20T12:25:20.150Z","message":")") + message +
               R"(","agent":{"type":"filebeat"},)" + R"("log":{"file":{"path":")" + path + R"("}}})";
    };
    EXPECT_EQ(shown(Feed({line("/a", "INFO  [alembic.runtime.migration] Generating static SQL"),
                          line("/b", "INFO  [alembic.runtime.migration] Running upgrade  -> 1a2b3c4d5e6f, x")})
                        .all()
                        .signals),
              "alembic migration started");
}

TEST(EarlierLines, are_the_same_for_a_matcher_that_starts_between) {
    for (const auto& [what, lines, signals] : kCases) {
        const Feed feed(lines);
        for (std::size_t start = 0; start <= lines.size(); ++start) {
            Matcher first{recognition(), kafka(), {0}};
            first.accept(feed.records().first(start));
            auto batch = first.take();
            Matcher second{recognition(), kafka(), batch.next};
            second.accept(feed.records());
            second.close_open_entries();
            for (auto& signal : second.take().signals) batch.signals.push_back(std::move(signal));
            EXPECT_EQ(shown(batch.signals), signals) << what << ", started anew at " << start;
        }
    }
}

}  // namespace
}  // namespace culprit
