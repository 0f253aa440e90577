// Any lines through a Matcher, in one batch and in two: the same signals, and every record counted once.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "matchers/matcher.h"
#include "matchers/recognition.h"

namespace {

using namespace culprit;

std::size_t run(const Recognition& recognition, const std::vector<RawRecord>& records, std::size_t cut) {
    Matcher matcher{recognition, {{SourceType::kafka, "fuzz", 0}, {}, {}}, {0}};
    std::size_t signals = 0, counted = 0;
    const auto take = [&] {
        const auto batch = matcher.take();
        signals += batch.signals.size();
        counted += batch.counters.records;
    };
    matcher.accept({records.data(), cut});
    take();
    matcher.accept({records.data() + cut, records.size() - cut});
    matcher.close_open_entries();
    take();
    if (counted != records.size()) std::abort();
    return signals;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto recognition = Recognition::load({}, RedactionPolicy{});
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    std::vector<RawRecord> records;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        records.push_back({rest.substr(0, end), {static_cast<std::int64_t>(records.size())}, {}, {}});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (records.empty()) return 0;
    if (run(*recognition.value(), records, 0) != run(*recognition.value(), records, size % records.size())) std::abort();
    return 0;
}
