#include "matchers/symptom_memo.h"

#include <algorithm>
#include <cstdint>

#include "matchers/rules.h"

namespace culprit {
namespace {

constexpr std::size_t kLongestText = 8'192, kLongestSought = 16'384;
constexpr std::size_t kShownDetail = 2'048;

bool overlap(const Span& left, const Span& right) { return left.begin < right.end && right.begin < left.end; }

/// The lengths go in, so that two fields cannot run into each other.
void write(std::string& into, std::string_view field) {
    const auto size = static_cast<std::uint32_t>(field.size());
    into.append(reinterpret_cast<const char*>(&size), sizeof size);
    into += field;
}

/// Everything that recognition reads of a record but its text, its time and place, and its user.
void write_fields(std::string& into, const Record& record) {
    for (const std::string* field :
         {&record.level, &record.logger, &record.sqlstate, &record.constraint, &record.schema, &record.table, &record.column,
          &record.data_type, &record.detail, &record.hint, &record.context, &record.statement, &record.scope.environment,
          &record.scope.database, &record.scope.service, &record.scope.release, &record.scope.host})
        write(into, *field);
}

/// Apart from each other, in order.
std::vector<Span> merged(std::vector<Span> spans) {
    std::sort(spans.begin(), spans.end(), [](const Span& left, const Span& right) { return left.begin < right.begin; });
    std::vector<Span> apart;
    for (const Span& span : spans) {
        if (!apart.empty() && span.begin <= apart.back().end)
            apart.back().end = std::max(apart.back().end, span.end);
        else
            apart.push_back(span);
    }
    return apart;
}

}  // namespace

void Reading::take_groups(const Expression& expression, const PatternSpans& spans) {
    for (const auto& [name, group] : expression.named_groups()) {
        const Span& span = spans[group];
        if (span.begin != std::string_view::npos && span.begin != span.end) (name == "detail" ? details : read).push_back(span);
    }
}

std::optional<Signal> SymptomMemo::recall(const Record& record, std::string_view text, const std::vector<std::size_t>& candidates,
                                          bool plain, const Redactor& redactor) {
    sought_.clear();
    if (!plain || record.side != Side::application || record.postgresql || !record.before.empty() || text.size() > kLongestText ||
        redactor.shows_values())
        return std::nullopt;
    write(sought_, text);
    for (char& byte : sought_) byte = byte >= '0' && byte <= '9' ? '0' : byte;
    write_fields(sought_, record);
    for (const std::size_t candidate : candidates) {
        const auto index = static_cast<std::uint32_t>(candidate);
        sought_.append(reinterpret_cast<const char*>(&index), sizeof index);
    }
    if (sought_.size() > kLongestSought) {
        sought_.clear();
        return std::nullopt;
    }
    detail_given_ = !record.detail.empty();
    const auto form = forms_.find(sought_);
    if (form == forms_.end()) return std::nullopt;
    if (!form->second.certain) {
        sought_.clear();
        return std::nullopt;
    }
    const std::size_t shape_size = sought_.size();
    write_bytes(form->second, text);
    const auto known = symptoms_.find(sought_);
    sought_.resize(shape_size);
    if (known == symptoms_.end()) return std::nullopt;
    Signal signal = known->second.signal;
    signal.time = record.time.value_or(EventTime{});
    signal.source = record.source;
    if (!record.user.empty()) signal.user = redactor.hash(record.user);
    if (form->second.values) {
        KeyDetail key = known->second.key;
        key.values = text.substr(form->second.values->begin, form->second.values->end - form->second.values->begin);
        signal.key_hash = redactor.hash(key.values);
        signal.detail = cut_utf8(redactor.detail(key.values, &key), kShownDetail);
    }
    return signal;
}

void SymptomMemo::write_bytes(const Form& form, std::string_view text) {
    for (const Span& span : form.read) sought_ += text.substr(span.begin, span.end - span.begin);
}

SymptomMemo::Form SymptomMemo::form_of(std::string_view text, const std::vector<Signal>& signals, const Reading& reading) const {
    Form form;
    if (signals.size() != 1 || reading.digits_matter) return form;
    const Signal& signal = signals.front();
    // Without an object recognition may have looked at more of the message than expressions found (the name of a data file).
    if (signal.family != Family::symptom || signal.objects.empty()) return form;
    form.read = reading.read;
    if (signal.key_hash.empty() || detail_given_) {
        form.read.insert(form.read.end(), reading.details.begin(), reading.details.end());
        form.read = merged(std::move(form.read));
        form.certain = true;
        return form;
    }
    // The key was told in the text, in one place, and its values stand there once.
    if (reading.details.empty()) return form;
    const Span detail = reading.details.front();
    for (const Span& other : reading.details) {
        if (other.begin != detail.begin || other.end != detail.end) return form;
    }
    const std::string_view told = text.substr(detail.begin, detail.end - detail.begin);
    KeyDetail key;
    if (!parse_key_detail(told, key) || key.values.empty()) return form;
    const auto place = told.find(key.values);
    if (place == std::string_view::npos || told.find(key.values, place + 1) != std::string_view::npos) return form;
    const Span values{detail.begin + place, detail.begin + place + key.values.size()};
    if (std::any_of(form.read.begin(), form.read.end(), [&](const Span& read) { return overlap(read, values); })) return form;
    form.read.push_back({detail.begin, values.begin});
    form.read.push_back({values.end, detail.end});
    form.read = merged(std::move(form.read));
    form.values = values;
    form.certain = true;
    return form;
}

void SymptomMemo::remember(std::string_view text, const std::vector<Signal>& signals, const Reading& reading,
                           const Redactor& redactor) {
    if (sought_.empty()) return;
    if (bytes_ > kBytes) {
        symptoms_.clear();
        forms_.clear();
        bytes_ = 0;
    }
    const Form form = form_of(text, signals, reading);
    const auto [known, is_new] = forms_.try_emplace(sought_, form);
    if (is_new) bytes_ += sought_.size() + sizeof(Form) + form.read.size() * sizeof(Span);
    // Of one form all is read alike; were it not, nothing of it is certain.
    const auto same = [](const Span& left, const Span& right) { return left.begin == right.begin && left.end == right.end; };
    const bool agrees =
        form.certain == known->second.certain && form.values.has_value() == known->second.values.has_value() &&
        (!form.values || same(*form.values, *known->second.values)) &&
        std::equal(form.read.begin(), form.read.end(), known->second.read.begin(), known->second.read.end(), same);
    if (!agrees) known->second = Form{};
    if (!known->second.certain) return;
    Symptom symptom{signals.front(), {}};
    symptom.signal.time = {};
    symptom.signal.source = {};
    symptom.signal.user.clear();
    if (form.values) {
        symptom.signal.key_hash.clear();
        symptom.signal.detail.clear();
        const Span detail = reading.details.front();
        const std::string_view told = text.substr(detail.begin, detail.end - detail.begin);
        if (!parse_key_detail(told, symptom.key)) return;
        // What the redactor makes of it again has to be what was said.
        if (cut_utf8(redactor.detail(told, &symptom.key), kShownDetail) != signals.front().detail) return;
        symptom.key.values.clear();
    }
    write_bytes(form, text);
    bytes_ += sought_.size() + 2 * sizeof(Symptom) + symptom.signal.message.size() + symptom.signal.statement.size();
    symptoms_.insert_or_assign(std::move(sought_), std::move(symptom));
    sought_.clear();
}

}  // namespace culprit
