#include "matchers/decoding/open_entry.h"

namespace culprit {

void OpenEntry::add(const ShapedLine& line) {
    const Peeled& peeled = line.peeled;
    lines.push_back(peeled.payload);
    bytes += peeled.payload.size() + 1;
    repaired_utf8 = repaired_utf8 || peeled.repaired_utf8;
    had_nul = had_nul || peeled.had_nul;
    switch (format) {
        case EntryFormat::json:
            whole = true;
            break;
        case EntryFormat::csvlog:
            quotes.take(peeled.payload);
            whole = !quotes.inside();
            break;
        case EntryFormat::split:
            whole = !peeled.partial;
            break;
        case EntryFormat::stderr_log:
            if (line.format == LineFormat::postgresql) statement_seen = line.part == EntryPart::statement;
            break;
        case EntryFormat::text:
            break;
    }
}

bool OpenEntry::continues(const ShapedLine& line) const {
    switch (format) {
        case EntryFormat::csvlog:
            return line.csvlog != CsvlogBeginning::with_names;
        case EntryFormat::split:
            return true;
        case EntryFormat::stderr_log:
            return line.format == LineFormat::postgresql && line.pid == pid && line.part != EntryPart::message;
        case EntryFormat::text:
            return line.format == LineFormat::text && text && text->continues(line.text);
        case EntryFormat::json:
            break;
    }
    return false;
}

}  // namespace culprit
