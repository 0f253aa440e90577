#pragma once
// Lines that the embedded catalogue knows, and a feed of them through a Matcher: shared by the matcher's tests.
#include <span>
#include <string>
#include <vector>

#include "matchers/matcher.h"
#include "matchers/recognition.h"

namespace culprit::testing_lines {

inline const Recognition& recognition() {
    static const auto loaded = Recognition::load({}, RedactionPolicy{});
    return *loaded.value();
}

inline SourceProfile kafka() { return {{SourceType::kafka, "logs", 0}, {}, {}}; }

inline std::string pg(int pid, const std::string& rest) {
    return "2026-11-20 12:25:20.147 UTC [" + std::to_string(pid) + "] app@shop/web " + rest;
}

inline std::string json_error(const std::string& constraint) {
    return R"({"time":"2026-11-20T12:25:20.150Z","level":"error","msg":"duplicate key value violates unique constraint \")" +
           constraint + R"(\""})";
}

/// Offsets count from 0.
class Feed {
   public:
    explicit Feed(std::vector<std::string> lines, bool arrivals = true) : lines_(std::move(lines)) {
        const auto arrival = arrivals ? std::optional{from_micros(1795177520200000)} : std::nullopt;
        for (std::size_t i = 0; i < lines_.size(); ++i)
            records_.push_back({lines_[i], {static_cast<std::int64_t>(i)}, arrival, {}});
    }
    std::span<const RawRecord> records() const { return records_; }
    MatchedBatch all() const {
        Matcher matcher{recognition(), kafka(), {0}};
        matcher.accept(records_);
        matcher.close_open_entries();
        return matcher.take();
    }

   private:
    std::vector<std::string> lines_;
    std::vector<RawRecord> records_;
};

}  // namespace culprit::testing_lines
