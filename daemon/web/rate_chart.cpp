#include "daemon/web/rate_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/text_values.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr double kTop = 58, kBase = 198, kHeight = 222;  // pixels: above the bars are the marks, below them the clock
constexpr std::size_t kMarks = 5;                        // as many causes as are worth comparing
constexpr double kRoom = 15 * 60;                        // seconds

struct Bars {
    double from = 0, step = 1;  // seconds since 1970
    std::vector<double> counts;
    double until() const { return from + step * static_cast<double>(counts.size()); }
};

std::optional<double> seconds_of(const std::string& rfc3339) {
    const auto time = parse_time(rfc3339);
    if (!time) return std::nullopt;
    return static_cast<double>(to_micros(*time)) / 1e6;
}

std::optional<Bars> bars_of(const json& histogram) {
    const auto from = seconds_of(text_of(histogram, "from"));
    Bars bars;
    bars.step = number_of(histogram, "step_seconds");
    for (const json& count : elements_of(histogram, "counts"))
        if (bars.counts.size() < 400) bars.counts.push_back(count.is_number() ? std::clamp(count.get<double>(), 0.0, 1e15) : 0.0);
    if (!from || bars.counts.empty() || !(bars.step > 0) || bars.step > 1e7) return std::nullopt;
    bars.from = *from;
    return bars;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

struct Mark {
    double time = 0;
    std::string label, text;  // in the circle; what it stands for
    std::string look;         // a class of the style sheet
};

/// The candidates by their rank, then what ended it.
std::vector<Mark> marks_of(const json& own) {
    std::vector<Mark> marks;
    for (const json& cause : elements_of(own, "causes")) {
        if (marks.size() == kMarks) break;
        const auto time = seconds_of(text_of(cause, "time"));
        marks.push_back({time.value_or(0), std::to_string(marks.size() + 1), text_of(cause, "summary"),
                         marks.empty() && text_of(own, "attribution") == "attributed" ? "culprit" : "candidate"});
        if (!time) marks.back().label.clear();
    }
    std::erase_if(marks, [](const Mark& mark) { return mark.label.empty(); });
    for (const json& moment : elements_of(own, "timeline")) {
        const auto time = seconds_of(text_of(moment, "time"));
        if (time && text_of(moment, "what") == "remedy" && marks.size() < 2 * kMarks)
            marks.push_back({*time, "✓", "remedy: " + text_of(moment, "text"), "remedy"});
    }
    return marks;
}

/// Between two times on the axis: as round as a clock's, and so that three to six fit.
double tick_step(double seconds) {
    for (const double step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1'800, 3'600, 7'200, 10'800, 21'600, 43'200, 86'400})
        if (seconds / step <= 5) return step;
    return std::ceil(seconds / 5 / 86'400) * 86'400;
}

class Drawing {
   public:
    Drawing(const Bars& bars, const std::vector<Mark>& marks, double onset) : bars_(bars) {
        from_ = std::min(bars.from, onset);
        until_ = bars.until();
        // The cause and what ended it are drawn to scale if that leaves room for the errors; another candidate only if it costs
        // them little.
        const double room = std::max(kRoom, 3 * (until_ - from_));
        for (const bool candidates : {false, true}) {
            const double first = from_, last = until_;
            const double reach = candidates ? std::max(30.0, last - first) : room;
            for (const Mark& mark : marks) {
                if ((mark.look == "candidate") != candidates) continue;
                if (mark.time < first && mark.time >= first - reach) from_ = std::min(from_, mark.time);
                if (mark.time > last && mark.time <= last + reach) until_ = std::max(until_, mark.time);
            }
        }
        const double margin = std::max((until_ - from_) * 0.05, bars.step);
        from_ -= margin;
        until_ += margin;
        highest_ = std::max(1.0, *std::ranges::max_element(bars.counts));
    }

    std::string axis() const {
        std::string svg;
        const double rounded = highest_ < 2 ? 1 : std::floor(highest_ / 2);
        for (const double value : {rounded, highest_}) {
            if (value != highest_ && highest_ < 2) continue;
            const std::string y = number(height_of(value));
            svg += "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"" + y + "\" y2=\"" + y +
                   "\"/><text class=\"tick\" x=\"2\" y=\"" + number(height_of(value) - 4) + "\">" +
                   grouped(static_cast<std::int64_t>(value)) + "</text>";
        }
        const std::string base = number(kBase);
        svg += "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"" + base + "\" y2=\"" + base + "\"/>";
        const double step = tick_step(until_ - from_);
        for (double time = std::ceil(from_ / step) * step; time < until_; time += step) {
            const double place = place_of(time);
            if (place < 3 || place > 97) continue;  // it would be cut
            std::string clock = clock_of(from_micros(static_cast<std::int64_t>(time * 1e6)));
            if (step >= 60) clock.resize(5);
            if (step >= 86'400)
                clock = readable_time(to_rfc3339(from_micros(static_cast<std::int64_t>(time * 1e6)))).substr(5, 5);
            svg += "<text class=\"tick\" text-anchor=\"middle\" x=\"" + number(place) + "%\" y=\"" + number(kHeight - 6) + "\">" +
                   clock + "</text>";
        }
        return svg;
    }

    std::string bars() const {
        std::string svg;
        const double width = bars_.step / (until_ - from_) * 100;
        for (std::size_t at = 0; at < bars_.counts.size(); ++at) {
            const double count = bars_.counts[at];
            if (count <= 0) continue;
            const double begin = bars_.from + bars_.step * static_cast<double>(at);
            const double height = std::max(2.0, kBase - height_of(count));
            svg += "<rect class=\"errors\" x=\"" + number(place_of(begin)) + "%\" width=\"" +
                   number(std::max(width * 0.86, 0.25)) + "%\" y=\"" + number(kBase - height) + "\" height=\"" + number(height) +
                   "\"><title>" + clock_of(from_micros(static_cast<std::int64_t>(begin * 1e6))) + ": " +
                   counted(static_cast<std::int64_t>(count), "error") + "</title></rect>";
        }
        return svg;
    }

    std::string onset(double time) const {
        const std::string x = number(place_of(time)) + "%";
        return "<line class=\"onset\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + number(kTop - 6) + "\" y2=\"" + number(kBase) +
               "\"><title>first error, " + clock_of(from_micros(static_cast<std::int64_t>(time * 1e6))) + "</title></line>";
    }

    /// A line and a circle above it; circles that would touch stand in rows. What lies outside stands at the edge, as an arrow.
    std::string marks(std::vector<Mark> marks) const {
        std::ranges::stable_sort(marks, {}, &Mark::time);
        std::string svg;
        std::vector<double> ends;  // of each row
        for (const Mark& mark : marks) {
            const bool before = mark.time<from_, after = mark.time> until_;
            const double x = before ? 1.2 : after ? 98.8 : std::clamp(place_of(mark.time), 1.2, 98.8);
            std::size_t row = 0;
            while (row < ends.size() && x - ends[row] < 5) ++row;
            row = std::min<std::size_t>(row, 2);
            if (row == ends.size()) ends.push_back(x);
            ends[row] = x;
            const double y = 12 + 18 * static_cast<double>(row);
            const std::string at = number(x) + "%";
            svg += "<g class=\"mark " + mark.look + (before || after ? " outside" : "") + "\"><title>" + escaped(mark.text) +
                   ", " + clock_of(from_micros(static_cast<std::int64_t>(mark.time * 1e6))) + "</title>";
            if (!before && !after)
                svg += "<line x1=\"" + at + "\" x2=\"" + at + "\" y1=\"" + number(y + 8) + "\" y2=\"" + number(kBase) + "\"/>";
            svg += "<circle cx=\"" + at + "\" cy=\"" + number(y) + "\" r=\"8.5\"/><text text-anchor=\"middle\" x=\"" + at +
                   "\" y=\"" + number(y + 4) + "\">" + escaped(mark.label) + "</text></g>";
        }
        return svg;
    }

   private:
    double place_of(double time) const { return (time - from_) / (until_ - from_) * 100; }
    double height_of(double count) const { return kBase - count / highest_ * (kBase - kTop); }

    const Bars& bars_;
    double from_ = 0, until_ = 1, highest_ = 1;
};

/// `second`, `5 minutes`.
std::string step_of(double seconds) {
    for (const auto& [unit, words] : {std::pair{86'400, "day"}, {3'600, "hour"}, {60, "minute"}, {1, "second"}})
        if (seconds >= unit) return seconds == unit ? words : counted(static_cast<std::int64_t>(seconds / unit), words);
    return "step";
}

std::string legend(const std::vector<Mark>& marks) {
    const auto any = [&](std::string_view look) {
        return std::ranges::any_of(marks, [&](const Mark& mark) { return mark.look == look; });
    };
    std::string html = "<p class=\"legend\"><span>dashed: the first error</span>";
    if (any("culprit")) html += "<span>filled: the cause</span>";
    if (any("culprit") || any("candidate")) html += "<span>numbers: the changes ranked below</span>";
    if (any("remedy")) html += "<span>✓: a remedy</span>";
    return html + "</p>";
}

}  // namespace

std::string rate_chart(const json& document) {
    const json& own = field(document, "culprit");
    const auto bars = bars_of(field(field(own, "symptom"), "histogram"));
    if (!bars) return {};
    const double onset = seconds_of(text_of(own, "onset")).value_or(bars->from);
    const std::vector<Mark> marks = marks_of(own);
    const Drawing drawing(*bars, marks, onset);
    double sum = 0;
    for (const double count : bars->counts) sum += count;
    std::string said = counted(static_cast<std::int64_t>(sum), "error") + " from " + readable_time(text_of(own, "onset")) +
                       " to " + readable_time(text_of(own, "last_seen"));
    for (const Mark& mark : marks)
        said += "; " + mark.label + " " + mark.text + " at " + clock_of(from_micros(static_cast<std::int64_t>(mark.time * 1e6)));
    return "<figure class=\"chart\"><figcaption>Errors per " + step_of(bars->step) +
           ", UTC</figcaption><svg role=\"img\" aria-label=\"" + escaped(said) + "\" width=\"100%\" height=\"" + number(kHeight) +
           "\">" + drawing.axis() + drawing.bars() + drawing.onset(onset) + drawing.marks(marks) + "</svg>" + legend(marks) +
           "</figure>";
}

namespace {

std::string plain_bars(const std::vector<std::uint64_t>& counts, double height, double widest) {
    const auto highest = static_cast<double>(std::max<std::uint64_t>(1, *std::ranges::max_element(counts)));
    const double width = std::min(widest, 100.0 / static_cast<double>(counts.size()));
    std::string svg;
    for (std::size_t at = 0; at < counts.size(); ++at) {
        if (counts[at] == 0) continue;
        const double bar = std::max(2.0, static_cast<double>(counts[at]) / highest * height);
        svg += "<rect x=\"" + number(width * static_cast<double>(at)) + "%\" width=\"" + number(width * 0.8) + "%\" y=\"" +
               number(height - bar) + "\" height=\"" + number(bar) + "\"/>";
    }
    return svg;
}

}  // namespace

std::string curve(const std::vector<std::uint64_t>& counts) {
    if (counts.empty()) return {};
    return "<svg class=\"spark calm\" aria-hidden=\"true\" width=\"100%\" height=\"60\">" + plain_bars(counts, 60, 2) + "</svg>";
}

std::string sparkline(const std::vector<std::uint64_t>& counts) {
    if (counts.empty()) return {};
    constexpr std::size_t kBars = 24;  // more would be hairs
    const std::size_t each = (counts.size() + kBars - 1) / kBars;
    std::vector<std::uint64_t> fewer((counts.size() + each - 1) / each);
    for (std::size_t at = 0; at < counts.size(); ++at) fewer[at / each] += counts[at];
    return "<svg class=\"spark\" aria-hidden=\"true\" width=\"96\" height=\"24\">" + plain_bars(fewer, 24, 8) + "</svg>";
}

}  // namespace culprit
