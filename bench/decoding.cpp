// From raw records to signals: the matcher whole, and each decoder on its own.
//   bench_decoding --benchmark_min_time=2
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/ordinary_logs.h"
#include "matchers/decoding/json_record.h"
#include "matchers/decoding/postgresql_csvlog.h"
#include "matchers/decoding/postgresql_stderr.h"
#include "matchers/matcher.h"
#include "matchers/recognition.h"

namespace culprit {
namespace {

constexpr char kJsonlog[] =
    R"x({"timestamp":"2026-03-01 10:00:00.123 UTC","user":"app","dbname":"shop","pid":4711,"session_id":"6b00.1","line_num":3,"ps":"INSERT","error_severity":"ERROR","state_code":"23505","message":"duplicate key value violates unique constraint \"orders_pkey\"","detail":"Key (id)=(17) already exists.","statement":"INSERT INTO orders(total) VALUES ($1)","application_name":"checkout","backend_type":"client backend"})x";
constexpr char kCsvlog[] =
    "2026-03-01 10:00:00.123 UTC,\"app\",\"shop\",4711,\"127.0.0.1:43442\",6b003b7c.5496,1,\"INSERT\",2026-03-01 10:00:00 "
    "UTC,5/5625,0,ERROR,23505,\"duplicate key value violates unique constraint \"\"orders_pkey\"\"\",\"Key (id)=(17) already "
    "exists.\",,,,,\"INSERT INTO orders(total) VALUES ($1)\",,,\"checkout\",\"client backend\",,0";

void expect(bool right, const char* what) {
    if (right) return;
    std::fprintf(stderr, "bench_decoding: wrong answer: %s\n", what);
    std::exit(1);
}

void jsonlog(benchmark::State& state) {
    JsonDecoder decoder;
    const auto decoded = decoder.decode(kJsonlog, {});
    expect(decoded && decoded->record.sqlstate == "23505" && decoded->record.statement.starts_with("INSERT"), "jsonlog");
    for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(kJsonlog, {}));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sizeof kJsonlog));
}

void csvlog(benchmark::State& state) {
    const auto decoded = decode_csvlog(kCsvlog);
    expect(decoded && decoded->sqlstate == "23505" && decoded->detail == "Key (id)=(17) already exists.", "csvlog");
    for (auto _ : state) benchmark::DoNotOptimize(decode_csvlog(kCsvlog));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sizeof kCsvlog));
}

void stderr_entry(benchmark::State& state) {
    const PostgresqlStderr decoder(std::string("%m [%p] %q%u@%d/%a "));
    const std::vector<std::string_view> lines{
        "2026-03-01 10:00:00.123 UTC [4711] app@shop/checkout ERROR:  duplicate key value violates unique constraint "
        "\"orders_pkey\"",
        "2026-03-01 10:00:00.123 UTC [4711] app@shop/checkout DETAIL:  Key (id)=(17) already exists.",
        "2026-03-01 10:00:00.123 UTC [4711] app@shop/checkout STATEMENT:  INSERT INTO orders(total) VALUES ($1)"};
    const auto decoded = decoder.decode(lines);
    expect(decoded && decoded->detail == "Key (id)=(17) already exists.", "stderr");
    for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(lines));
    state.SetItemsProcessed(state.iterations());
}

void match(benchmark::State& state, const std::vector<std::string>& records, std::size_t failing) {
    const auto recognition = Recognition::load({}, {}).value();
    std::size_t bytes = 0;
    std::vector<RawRecord> raw;
    for (const std::string& record : records) {
        raw.push_back({record, {static_cast<std::int64_t>(raw.size())}, {}, {}});
        bytes += record.size();
    }
    const auto run = [&] {
        Matcher matcher(*recognition, {{SourceType::kafka, "logs", 0}, {}, {}}, {0});
        matcher.accept(raw);
        matcher.close_open_entries();
        return matcher.take();
    };
    const MatchedBatch answer = run();
    expect(answer.signals.size() == failing && answer.next.value == static_cast<std::int64_t>(raw.size()), "matcher");
    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

/// The argument: failing records in ten thousand.
void matcher(benchmark::State& state) {
    std::size_t failing = 0;
    const auto records = bench::records(20'000, static_cast<double>(state.range(0)) / 10'000, failing);
    match(state, records, failing);
}

/// Every record an error: a thousand texts, fifty fingerprints, another key each time. One matcher for all rounds, as a storm
/// lasts.
void storm(benchmark::State& state) {
    const auto recognition = Recognition::load({}, {}).value();
    std::mt19937 random(7);
    std::vector<std::string> records(20'000);
    for (std::string& record : records) record = bench::storm_record(random);
    Matcher matcher(*recognition, {{SourceType::kafka, "logs", 0}, {}, {}}, {0});
    std::int64_t offset = 0;
    const auto run = [&] {
        std::size_t signals = 0;
        std::vector<RawRecord> raw;
        for (const std::string& record : records) {
            raw.push_back({record, {offset++}, {}, {}});
            if (raw.size() < 1'000) continue;
            matcher.accept(raw);
            signals += matcher.take().signals.size();
            raw.clear();
        }
        matcher.close_open_entries();
        return signals + matcher.take().signals.size();
    };
    expect(run() == records.size(), "storm");
    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
}

}  // namespace

BENCHMARK(jsonlog);
BENCHMARK(csvlog);
BENCHMARK(stderr_entry);
BENCHMARK(matcher)->Arg(50)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(storm)->Unit(benchmark::kMillisecond);

}  // namespace culprit

BENCHMARK_MAIN();
