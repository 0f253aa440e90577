#include "matchers/decoding/entry_span.h"

#include <algorithm>

namespace culprit {
namespace {

class Finder {
   public:
    Finder(ContextRing& ring, std::size_t hit, LineShaper& shaper)
        : ring_(ring), hit_(hit), shaper_(shaper), stream_(shape(hit).peeled.stream) {}

    EntrySpan find() {
        EntrySpan span = of_format();
        for (std::size_t i = 0; i + 1 < span.records.size(); ++i)
            span.earlier_hit = span.earlier_hit || ring_.at(span.records[i]).hit;
        return span;
    }

   private:
    const ShapedLine& shape(std::size_t index) { return ring_.shaped(index, shaper_); }

    /// The record of the same stream before `index`.
    std::optional<std::size_t> before(std::size_t index) {
        while (index-- > 0) {
            if (!ring_.at(index).apart && shape(index).peeled.stream == stream_) return index;
        }
        return {};
    }

    EntrySpan of_format() {
        const ShapedLine& line = shape(hit_);
        const auto previous = before(hit_);
        if (line.peeled.partial || (previous && shape(*previous).peeled.partial)) return split();
        switch (line.format) {
            case LineFormat::json:
            case LineFormat::broken_json: {
                // Only inside of a quoted field can a whole JSON object be a part of something else.
                const LineFormat format = previous ? shape(*previous).format : LineFormat::json;
                if (format == LineFormat::csvlog || format == LineFormat::text) {
                    if (auto span = quoted()) return *span;
                }
                return {EntryFormat::json, {hit_}, false, {}, {}};
            }
            case LineFormat::csvlog:
                if (line.csvlog == CsvlogBeginning::without_names) {
                    if (auto span = quoted()) return *span;
                }
                return {EntryFormat::csvlog, {hit_}, false, {}, {}};
            case LineFormat::postgresql:
                return of_process(line.pid, {hit_});
            case LineFormat::text:
                break;
        }
        return of_text();
    }

    EntrySpan split() {
        EntrySpan span{EntryFormat::split, {hit_}, false, {}, {}};
        for (auto index = before(hit_); index && shape(*index).peeled.partial; index = before(*index))
            span.records.push_back(*index);
        std::reverse(span.records.begin(), span.records.end());
        return span;
    }

    /// The csvlog record that is still inside of its quotes where the hit begins.
    std::optional<EntrySpan> quoted() {
        constexpr int kBeginnings = 3;  // a line that only looks like a beginning may stand inside of the quotes
        std::vector<std::size_t> records{hit_};
        int beginnings = 0;
        for (auto index = before(hit_); index; index = before(*index)) {
            records.push_back(*index);
            if (shape(*index).format == LineFormat::postgresql) return {};
            if (shape(*index).format != LineFormat::csvlog) continue;
            CsvlogQuotes quotes;
            for (std::size_t i = records.size(); i-- > 1;) quotes.take(shape(records[i]).peeled.payload);
            if (quotes.inside()) {
                std::reverse(records.begin(), records.end());
                return EntrySpan{EntryFormat::csvlog, std::move(records), false, {}, {}};
            }
            if (++beginnings == kBeginnings || shape(*index).csvlog == CsvlogBeginning::with_names) return {};
        }
        return {};
    }

    /// `records` hold the hit and what lies between it and a line of the process, newest first.
    EntrySpan of_process(std::optional<std::int64_t> pid, std::vector<std::size_t> records) {
        EntrySpan span{EntryFormat::stderr_log, {}, false, pid, {}};
        std::vector<std::size_t> tabbed;
        bool whole = shape(records.back()).format == LineFormat::postgresql && shape(records.back()).part == EntryPart::message;
        for (auto index = before(records.back()); index && !whole; index = before(*index)) {
            const ShapedLine& line = shape(*index);
            if (line.format == LineFormat::text && line.tabbed) {
                tabbed.push_back(*index);
                continue;
            }
            if (line.format == LineFormat::postgresql && line.pid == pid) {
                records.insert(records.end(), tabbed.begin(), tabbed.end());
                records.push_back(*index);
                whole = line.part == EntryPart::message;
            }
            tabbed.clear();
        }
        std::reverse(records.begin(), records.end());
        span.records = std::move(records);
        return span;
    }

    EntrySpan of_text() {
        if (auto span = quoted_if_csvlog()) return *span;
        std::vector<std::size_t> records{hit_};
        bool tabbed = shape(hit_).tabbed;
        if (shape(hit_).text.kind != LineKind::timed) {
            for (auto index = before(hit_); index; index = before(*index)) {
                const ShapedLine& line = shape(*index);
                if (line.format == LineFormat::postgresql && tabbed) {
                    records.push_back(*index);
                    return of_process(line.pid, std::move(records));
                }
                if (line.format != LineFormat::text) break;
                records.push_back(*index);
                tabbed = tabbed && line.tabbed;
                if (line.text.kind == LineKind::timed) break;
            }
        }
        std::reverse(records.begin(), records.end());
        EntrySpan span{EntryFormat::text, {}, false, {}, {}};
        for (const std::size_t index : records) {
            const TextLine& line = shape(index).text;
            if (span.text && span.text->continues(line)) {
                span.text->take(line);
            } else {
                span.text.emplace(line);
                span.records.clear();
            }
            span.records.push_back(index);
        }
        return span;
    }

    /// Asked of every text line: so only where the stream's nearest line of a known format is csvlog's.
    std::optional<EntrySpan> quoted_if_csvlog() {
        for (auto index = before(hit_); index; index = before(*index)) {
            const ShapedLine& line = shape(*index);
            if (line.format == LineFormat::csvlog) return quoted();
            if (line.format == LineFormat::postgresql ||
                (line.format == LineFormat::text && line.text.kind == LineKind::timed && !line.tabbed)) {
                return {};
            }
        }
        return {};
    }

    ContextRing& ring_;
    std::size_t hit_;
    LineShaper& shaper_;
    std::string stream_;
};

}  // namespace

EntrySpan find_entry(ContextRing& ring, std::size_t hit, LineShaper& shaper) { return Finder{ring, hit, shaper}.find(); }

}  // namespace culprit
