#include "daemon/sinks/gzip.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(Gzip, GivesBackWhatWasPacked) {
    for (const std::size_t size : {0, 1, 65'536, 300'000}) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
        const auto plain = gunzip(gzip(text), 300'000);
        ASSERT_TRUE(plain.ok()) << size;
        EXPECT_EQ(plain.value(), text) << size;
    }
}

TEST(Gzip, UnpacksSeveralMembersAsOne) { EXPECT_EQ(gunzip(gzip("one ") + gzip("two"), 100).value(), "one two"); }

TEST(Gzip, UnpacksNoMoreThanOneByteBeyondTheLimit) {
    EXPECT_EQ(gunzip(gzip(std::string(10'000'000, 'a')), 1'000).value().size(), 1'001U);
}

TEST(Gzip, RefusesWhatIsDamagedOrCutOff) {
    std::string packed = gzip("a text that is long enough to be damaged in its middle");
    EXPECT_FALSE(gunzip(packed.substr(0, packed.size() - 9), 1'000).ok());
    EXPECT_FALSE(gunzip("no gzip at all", 1'000).ok());
    EXPECT_FALSE(gunzip("", 1'000).ok());
    packed[20] = static_cast<char>(packed[20] ^ 0x55);
    EXPECT_FALSE(gunzip(packed, 1'000).ok());
}

}  // namespace
}  // namespace culprit
