#include "daemon/sources/kafka_start.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

struct Case {
    const char* what;
    std::optional<std::int64_t> resume;
    std::int64_t first, low, high;
    std::int64_t counted, read_from;
    bool warns;
};
void PrintTo(const Case& given, std::ostream* out) { *out << given.what; }

class AKafkaPartitionIsReadFrom : public testing::TestWithParam<Case> {};

TEST_P(AKafkaPartitionIsReadFrom, WhereTheLogHasGotToWithSomeContextBefore) {
    const Case& given = GetParam();
    const auto resume = given.resume ? std::optional(Offset{*given.resume}) : std::nullopt;
    const KafkaStart start = kafka_start(resume, Offset{given.first}, {Offset{given.low}, Offset{given.high}});
    EXPECT_EQ(start.counted.value, given.counted);
    EXPECT_EQ(start.read_from.value, given.read_from);
    EXPECT_EQ(!start.warning.empty(), given.warns) << start.warning;
}

INSTANTIATE_TEST_SUITE_P(
    Tables, AKafkaPartitionIsReadFrom,
    testing::Values(Case{"the log's offset wins over a first start", 1'000, 0, 0, 5'000, 1'000, 744, false},
                    Case{"context ends at the partition's beginning", 1'000, 0, 900, 5'000, 1'000, 900, false},
                    Case{"a first start at the end", std::nullopt, 5'000, 0, 5'000, 5'000, 4'744, false},
                    Case{"a first start at the beginning", std::nullopt, 0, 0, 5'000, 0, 0, false},
                    Case{"an empty partition", std::nullopt, 0, 0, 0, 0, 0, false},
                    Case{"what Kafka deleted before it was read is said", 100, 0, 900, 5'000, 900, 900, true},
                    Case{"a topic made anew is read from its beginning", 1'000, 0, 0, 10, 0, 0, true}));

}  // namespace
}  // namespace culprit
