#include "matchers/decoding/entry_decoder.h"

#include <xxhash.h>

#include <array>
#include <utility>

#include "matchers/decoding/plain_text.h"

namespace culprit {
namespace {

std::string joined(const std::vector<std::string>& lines, std::string_view between) {
    std::string text;
    for (const auto& line : lines) {
        if (&line != &lines.front()) text += between;
        text += line;
    }
    return text;
}

/// Shippers with multi-line rules send several physical lines as one record.
std::vector<std::string_view> physical_lines(const std::vector<std::string>& lines, std::size_t from = 0) {
    std::vector<std::string_view> physical;
    for (std::size_t i = from; i < lines.size(); ++i) {
        std::string_view rest = lines[i];
        for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            physical.push_back(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        physical.push_back(rest);
    }
    return physical;
}

std::string_view explanation_of(std::string_view reason) {
    static constexpr std::array kExplanations = std::to_array<std::pair<std::string_view, std::string_view>>({
        {dead_letter::kTooLarge, "the record is longer than 4 MiB and was not decoded; send shorter records"},
        {dead_letter::kBrokenJson, "the record begins like a JSON object but is not valid JSON; look for cut lines"},
        {dead_letter::kBrokenCsvlog, "the record begins like a line of PostgreSQL's csvlog but its columns are not a csvlog's"},
        {dead_letter::kNul, "the record holds a NUL byte; look for a log file that was truncated while it was written"},
        {dead_letter::kUnknownTimestamp, "the record's timestamp has a form that is not known"},
        {dead_letter::kRepairedUtf8, "the record is not valid UTF-8; the wrong bytes were replaced and it was used"},
        {dead_letter::kEmptyMessage, "the record's message is empty and its other fields say nothing"},
    });
    for (const auto& [name, text] : kExplanations) {
        if (name == reason) return text;
    }
    return {};
}

}  // namespace

DeadLetter make_dead_letter(const SourcePosition& source, std::string_view reason, std::string_view bytes) {
    return {source, std::string{reason}, std::string{explanation_of(reason)}, XXH3_64bits(bytes.data(), bytes.size()),
            std::string{bytes}};
}

DecodedEntry EntryDecoder::decode(OpenEntry&& entry, LineShaper& shaper) {
    DecodedEntry decoded;
    decoded.trigger = entry.trigger;
    decoded.joined_through = entry.joined_through;
    decoded.trigger_offset = entry.trigger_offset;
    decoded.arrived = entry.arrived;
    decoded.last = entry.last;
    decoded.counters.assemblies_cut = entry.cut ? 1 : 0;
    const auto refuse = [&](std::string_view reason) {
        decoded.record.reset();
        decoded.counters.undecodable = 1;
        decoded.dead_letters.push_back(make_dead_letter(entry.source, reason, entry.trigger_bytes));
    };
    switch (entry.format) {
        case EntryFormat::json:
            decode_json(entry, entry.lines.front(), decoded);
            break;
        case EntryFormat::split: {
            const std::string whole = joined(entry.lines, "");
            if (peeler_.peel(whole, entry.arrived).shape != PayloadShape::text) {
                decode_json(entry, whole, decoded);
                break;
            }
            if (csvlog_beginning(whole) != CsvlogBeginning::none)
                decoded.record = decode_csvlog(whole, entry.arrived, entry.cut);
            else
                decoded.record = shaper.server().decode({whole}, entry.arrived);
            if (!decoded.record) decoded.record = decode_plain_text({whole}, entry.arrived);
            break;
        }
        case EntryFormat::csvlog:
            decoded.record = decode_csvlog(joined(entry.lines, "\n"), entry.arrived, entry.cut);
            if (!decoded.record) refuse(dead_letter::kBrokenCsvlog);
            break;
        case EntryFormat::stderr_log:
        case EntryFormat::text:
            decoded.record = decode_text(entry, shaper);
            if (entry.had_nul)
                decoded.dead_letters.push_back(make_dead_letter(entry.source, dead_letter::kNul, entry.trigger_bytes));
            break;
    }
    if (decoded.record) {
        complete(*decoded.record, entry);
        decoded.counters.decoded = 1;
    }
    if (entry.repaired_utf8) {
        decoded.counters.repaired_utf8 = 1;
        if (decoded.record)
            decoded.dead_letters.push_back(make_dead_letter(entry.source, dead_letter::kRepairedUtf8, entry.trigger_bytes));
    }
    decoded.trigger_bytes = std::move(entry.trigger_bytes);
    return decoded;
}

void EntryDecoder::decode_json(const OpenEntry& entry, std::string_view text, DecodedEntry& decoded) {
    const auto refuse = [&](std::string_view reason) {
        decoded.counters.undecodable = 1;
        decoded.dead_letters.push_back(make_dead_letter(entry.source, reason, entry.trigger_bytes));
    };
    auto json = json_.decode(text, entry.arrived);
    if (!json) return refuse(entry.had_nul ? dead_letter::kNul : dead_letter::kBrokenJson);
    if (json->unknown_timestamp) return refuse(dead_letter::kUnknownTimestamp);
    decoded.empty_message = json->empty_message;
    decoded.record = std::move(json->record);
}

std::optional<Record> EntryDecoder::decode_text(const OpenEntry& entry, LineShaper& shaper) {
    if (entry.format == EntryFormat::stderr_log) {
        if (auto record = shaper.server().decode(physical_lines(entry.lines), entry.arrived)) return record;
    } else if (entry.lines.size() > 1 && shaper.server().may_be_half(entry.lines[0])) {
        // A role's name with a line break in it stands in the prefix as it is.
        const std::string first = entry.lines[0] + '\n' + entry.lines[1];
        if (shaper.server().parse(first, entry.arrived)) {
            std::vector<std::string_view> lines{first};
            for (const auto line : physical_lines(entry.lines, 2)) lines.push_back(line);
            return shaper.server().decode(lines, entry.arrived);
        }
    }
    return decode_plain_text(entry.lines, entry.arrived);
}

void EntryDecoder::complete(Record& record, const OpenEntry& entry) const {
    record.source = entry.source;
    record.stream = entry.stream;
    record.repaired_utf8 = entry.repaired_utf8;
    record.before = entry.before;
    if (!record.time) record.time = entry.arrived;
    const auto fill = [&](std::string& field, const std::string& enveloped, const char* label) {
        if (field.empty()) field = enveloped;
        if (!field.empty()) return;
        if (const auto found = labels_.find(label); found != labels_.end()) field = found->second;
    };
    fill(record.scope.environment, entry.scope.environment, "environment");
    fill(record.scope.database, entry.scope.database, "database");
    fill(record.scope.service, entry.scope.service, "service");
    fill(record.scope.release, entry.scope.release, "release");
    fill(record.scope.host, entry.scope.host, "host");
}

}  // namespace culprit
