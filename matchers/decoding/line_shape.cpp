#include "matchers/decoding/line_shape.h"

#include "matchers/decoding/timestamp.h"

namespace culprit {

ShapedLine LineShaper::shape(std::string_view bytes, std::optional<EventTime> arrival) {
    ShapedLine line;
    line.peeled = peeler_.peel(bytes, arrival);
    const auto near = line.peeled.time ? line.peeled.time : arrival;
    if (line.peeled.shape != PayloadShape::text) {
        line.format = line.peeled.shape == PayloadShape::json ? LineFormat::json : LineFormat::broken_json;
        return line;
    }
    std::string_view first = line.peeled.payload;
    first = first.substr(0, first.find('\n'));
    line.csvlog = csvlog_beginning(first);
    if (line.csvlog != CsvlogBeginning::none) {
        line.format = LineFormat::csvlog;
        if (const auto time = leading_timestamp(first, near)) line.own_time = time->time;
        return line;
    }
    if (const auto prefixed = server_.parse(first, near)) {
        line.format = LineFormat::postgresql;
        line.pid = prefixed->pid;
        line.part = prefixed->label.part;
        line.own_time = prefixed->time;
        return line;
    }
    line.tabbed = first.starts_with('\t');
    line.text = classify_text_line(first, near);
    line.own_time = line.text.time;
    return line;
}

}  // namespace culprit
