#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "matchers/compact_tally.h"
#include "matchers/log_entry.h"

namespace culprit {
namespace {

Signal some_signal() {
    const auto word = [] { return *rc::gen::element<std::string>("", "orders", "größe \"x\"", "a\nb", "shop", "\x01\t"); };
    Signal signal;
    signal.time = from_micros(*rc::gen::inRange<std::int64_t>(0, 1'800'000'000'000'000));
    signal.family = *rc::gen::element(Family::symptom, Family::change, Family::remedy);
    signal.phase = *rc::gen::element(Phase::unknown, Phase::started, Phase::rolled_back);
    signal.side = *rc::gen::element(Side::application, Side::server);
    signal.kind = word();
    signal.sqlstate = *rc::gen::element<std::string>("", "23505");
    for (int count = *rc::gen::inRange(0, 3); count > 0; --count)
        signal.objects.push_back({word(), word(), word(), word(), word(), word(), word()});
    signal.scope = {word(), word(), word(), word(), word()};
    signal.tool = word();
    signal.user = word();
    signal.message = word();
    signal.key_columns = {word(), word()};
    signal.key_from_default = *rc::gen::element<std::optional<bool>>(std::nullopt, true, false);
    if (*rc::gen::arbitrary<bool>())
        signal.postgresql = PostgresqlContext{4, word(), std::nullopt, word(), word(), word(), "ERROR", word()};
    signal.source = {{SourceType::kafka, word(), 3}, Offset{*rc::gen::inRange<std::int64_t>(0, 1'000'000)}, std::nullopt};
    return signal;
}

RC_GTEST_PROP(Codec, a_signal_comes_back_as_it_went, ()) {
    const auto text = encode(some_signal());
    const auto decoded = decode_log_entry(text);
    RC_ASSERT(decoded.ok());
    RC_ASSERT(encode(decoded.value()) == text);
    RC_ASSERT(text.find('\n') == std::string::npos);
}

RC_GTEST_PROP(Tally, adds_up_the_same_in_any_order_and_grouping, ()) {
    std::vector<Signal> symptoms;
    for (int count = *rc::gen::inRange(1, 12); count > 0; --count) {
        symptoms.push_back(some_signal());
        symptoms.back().time = from_micros(*rc::gen::inRange<std::int64_t>(0, 3'000'000));
    }
    TallyTable one;
    for (const auto& symptom : symptoms) one.add(symptom);
    const auto shuffled = *rc::gen::just(std::vector<Signal>(symptoms.rbegin(), symptoms.rend()));
    const auto cut = *rc::gen::inRange<std::size_t>(0, shuffled.size());
    TallyTable left, right, both;
    for (std::size_t index = 0; index < shuffled.size(); ++index) (index < cut ? left : right).add(shuffled[index]);
    for (const auto& tally : right.drain()) both.add(tally);
    for (const auto& tally : left.drain()) both.add(tally);
    TallyTable each;
    for (const auto& symptom : symptoms) {
        TallyTable alone;
        alone.add(symptom);
        for (const auto& tally : alone.drain()) each.add(tally);
    }
    const auto expected = one.drain(), found = both.drain(), singly = each.drain();
    RC_ASSERT(expected.size() == singly.size());
    for (std::size_t index = 0; index < expected.size(); ++index) RC_ASSERT(encode(expected[index]) == encode(singly[index]));
    RC_ASSERT(expected.size() == found.size());
    for (std::size_t index = 0; index < expected.size(); ++index) {
        RC_ASSERT(encode(expected[index]) == encode(found[index]));
        const auto decoded = decode_log_entry(encode(expected[index]));
        RC_ASSERT(decoded.ok());
        RC_ASSERT(encode(decoded.value()) == encode(expected[index]));
    }
}

/// Of a few symptoms, with everything that a tally can hold.
Tally some_tally() {
    TallyTable tallies;
    Signal symptom = some_signal();
    for (int count = *rc::gen::inRange(1, 6); count > 0; --count) {
        symptom.message = some_signal().message;
        symptom.key_hash = std::to_string(*rc::gen::inRange(0, 1'000));
        symptom.source.line = *rc::gen::element<std::optional<std::uint64_t>>(std::nullopt, 0, 7);
        tallies.add(symptom);
    }
    return tallies.drain().front();
}

RC_GTEST_PROP(CompactTally, says_what_its_json_says, ()) {
    const Tally tally = some_tally();
    const auto decoded = decode_log_entry(encode_compact(tally));
    RC_ASSERT(decoded.ok());
    RC_ASSERT(encode(decoded.value()) == encode(tally));
    RC_ASSERT(encode_compact(decoded.value()) == encode_compact(tally));
}

RC_GTEST_PROP(CompactTally, that_is_cut_or_goes_on_is_an_error, ()) {
    const std::string bytes = encode_compact(some_tally());
    RC_ASSERT(!decode_log_entry(bytes.substr(0, *rc::gen::inRange<std::size_t>(0, bytes.size()))).ok());
    RC_ASSERT(!decode_log_entry(bytes + '\0').ok());
}

RC_GTEST_PROP(CompactTally, that_is_damaged_is_read_as_something_or_not_at_all, ()) {
    std::string bytes = encode_compact(some_tally());
    bytes[*rc::gen::inRange<std::size_t>(1, bytes.size())] = *rc::gen::arbitrary<char>();
    if (const auto decoded = decode_log_entry(bytes)) RC_ASSERT(!encode_compact(decoded.value()).empty());
}

TEST(CompactTally, of_a_later_version_is_an_error_and_other_entries_stay_json) {
    TallyTable tallies;
    Signal signal;
    signal.kind = "unique_violation";
    tallies.add(signal);
    std::string bytes = encode_compact(tallies.drain().front());
    bytes[1] = 2;
    EXPECT_FALSE(decode_log_entry(bytes).ok());
    EXPECT_EQ(encode_compact(signal), encode(signal));
}

TEST(Codec, a_watermark_comes_back_as_it_went) {
    WatermarkUpdate update{{SourceType::file, "/var/log/a.log", 0},
                           from_micros(1'795'000'000'123'456),
                           true,
                           {{EvidenceKind::ddl, "production", "shop", "", from_micros(1), from_micros(2)}}};
    const auto decoded = decode_log_entry(encode(update));
    ASSERT_TRUE(decoded.ok());
    const auto& back = std::get<WatermarkUpdate>(decoded.value());
    EXPECT_EQ(back.input, update.input);
    EXPECT_EQ(back.watermark, update.watermark);
    EXPECT_TRUE(back.idle);
    EXPECT_EQ(back.evidence, update.evidence);
    EXPECT_EQ(back.canary, std::nullopt);
    update.canary = from_micros(1'795'000'000'654'321);
    EXPECT_EQ(std::get<WatermarkUpdate>(decode_log_entry(encode(update)).value()).canary, update.canary);
}

TEST(Codec, a_note_comes_back_as_it_went) {
    for (const NoteKind kind : {NoteKind::acknowledge, NoteKind::silence, NoteKind::feedback, NoteKind::maintenance}) {
        OperatorNote note{kind,
                          from_micros(1'795'000'000'123'456),
                          true,
                          "id",
                          "ann",
                          "a \"text\"\n",
                          "unique_violation",
                          "t_pkey",
                          from_micros(3),
                          "production",
                          "shop",
                          "other",
                          "the import",
                          from_micros(5),
                          from_micros(7)};
        const auto decoded = decode_log_entry(encode(note));
        ASSERT_TRUE(decoded.ok());
        EXPECT_EQ(std::get<OperatorNote>(decoded.value()), note);
    }
    EXPECT_FALSE(decode_log_entry(R"({"v":1,"note":{"kind":"shout"}})").ok());
}

TEST(Codec, an_entry_of_another_version_or_shape_is_an_error) {
    for (const char* text : {"", "{}", "[]", R"({"v":99,"signal":{}})", R"({"v":1,"signal":{}})", R"({"v":1,"tally":{"kind":1}})",
                             R"({"v":1,"watermark":{"input":{"type":77,"name":"","partition":0},"watermark":1,"idle":false}})"}) {
        EXPECT_FALSE(decode_log_entry(text).ok()) << text;
    }
}

TEST(JsonLine, shows_a_signal_as_the_interface_says) {
    Signal signal;
    signal.time = from_micros(1'795'177'245'135'000);
    signal.kind = "unique_violation";
    signal.sqlstate = "23505";
    signal.objects = {{"constraint", "shop", "orders_pkey", "id", "orders_pkey", "", "orders"}};
    signal.source = {{SourceType::file, "a.log", 0}, Offset{120}, 3};
    const auto line = nlohmann::json::parse(to_json_line(signal));
    EXPECT_EQ(line.at("time"), "2026-11-20T12:20:45.135000Z");
    EXPECT_EQ(line.at("schema"), "shop");
    EXPECT_EQ(line.at("table"), "orders");
    EXPECT_EQ(line.at("column"), "id");
    EXPECT_EQ(line.at("constraint"), "orders_pkey");
    EXPECT_EQ(line.at("source").at("line"), 3);
    EXPECT_FALSE(line.contains("database"));
    EXPECT_FALSE(line.contains("phase"));
    EXPECT_FALSE(line.at("source").contains("partition"));
}

TEST(Fingerprint, is_the_most_specific_name) {
    Signal signal;
    signal.kind = "undefined_column";
    signal.sqlstate = "42703";
    EXPECT_EQ(fingerprint_of(signal).name, "42703");
    signal.objects = {{"table", "", "orders", "", "", "", ""}};
    EXPECT_EQ(fingerprint_of(signal).name, "orders");
    signal.objects.push_back({"column", "", "total", "total", "", "", "orders"});
    EXPECT_EQ(fingerprint_of(signal).name, "orders.total");
    signal.objects.push_back({"constraint", "", "orders_pkey", "", "orders_pkey", "", "orders"});
    EXPECT_EQ(fingerprint_of(signal).name, "orders_pkey");
}

TEST(DistinctSketch, is_exact_below_its_limit_and_close_beyond) {
    DistinctSketch sketch;
    for (int value = 0; value < 100; ++value) sketch.add(std::string_view{std::to_string(value % 50)});
    EXPECT_EQ(sketch.estimate(), 50u);
    for (int value = 0; value < 20'000; ++value) sketch.add(std::string_view{std::to_string(value)});
    EXPECT_NEAR(static_cast<double>(sketch.estimate()), 20'000.0, 6'000.0);
}

}  // namespace
}  // namespace culprit
