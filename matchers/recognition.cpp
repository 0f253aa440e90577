#include "matchers/recognition.h"

#include <algorithm>

#include "matchers/catalogue.h"
#include "matchers/literal_filter.h"
#include "matchers/rules.h"

namespace culprit {

std::string cut_utf8(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0u) == 0x80u) --limit;
    text.resize(limit);
    return text;
}

std::string searched_text(const Record& record) {
    std::string text = record.message;
    const auto add = [&text](const std::string& part) {
        // Decoders put an error's text into the message already; what it holds is not searched twice.
        if (part.size() < 4 || text.find(part) != std::string::npos) return;
        text += '\n';
        text += part;
    };
    for (const auto& [name, value] : record.fields) add(value);
    add(record.detail);
    return text;
}

Signal signal_for(const Record& record, const Knowledge& knowledge) {
    Signal signal;
    signal.time = record.time.value_or(EventTime{});
    signal.side = record.side;
    signal.scope = record.scope;
    signal.postgresql = record.postgresql;
    signal.source = record.source;
    if (!record.user.empty()) signal.user = knowledge.redactor.hash(record.user);
    if (record.postgresql && signal.scope.database.empty()) signal.scope.database = record.postgresql->database;
    return signal;
}

std::vector<Signal> recognise(const Record& record, const Candidates& candidates, const Knowledge& knowledge) {
    std::vector<Signal> signals;
    if (record.side == Side::server) {
        // The server's words are its own; a tool's within them (`ALTER TABLE` alone on a line of a statement) are quoted.
        add_symptom(record, {}, candidates, knowledge, signals);
        if (!signals.empty()) return signals;
        add_server_events(record, knowledge, signals);
        add_logged_statement(record, knowledge, signals);
        return signals;
    }
    const auto text = searched_text(record);
    add_symptom(record, text, candidates, knowledge, signals);
    add_tool_events(record, text, candidates, knowledge, signals);
    return signals;
}

Recognition::Recognition() = default;
Recognition::~Recognition() = default;

Result<std::unique_ptr<const Recognition>> Recognition::load(const std::vector<std::filesystem::path>& directories,
                                                             RedactionPolicy redaction) {
    auto catalogue = Catalogue::load(directories);
    if (!catalogue.ok()) return catalogue.error();
    auto filter = LiteralFilter::compile(catalogue.value()->literals());
    if (!filter.ok()) return filter.error();
    std::unique_ptr<Recognition> recognition(new Recognition);
    recognition->catalogue_ = std::move(catalogue).value();
    recognition->filter_ = std::move(filter).value();
    recognition->redactor_ = std::make_unique<Redactor>(std::move(redaction));
    return std::unique_ptr<const Recognition>(std::move(recognition));
}

std::vector<Signal> Recognition::recognise(const Record& record) const {
    if (record.side == Side::server) return culprit::recognise(record, {}, {*catalogue_, *redactor_});
    // The same literals that let a record pass say which patterns may match it.
    auto scratch = filter_->make_scratch();
    std::vector<unsigned> found;
    filter_->matches(searched_text(record), scratch, found);
    Candidates candidates;
    for (const auto literal : found) {
        const auto& patterns = catalogue_->patterns_of_literal(literal);
        candidates.insert(candidates.end(), patterns.begin(), patterns.end());
    }
    // A condition on a field's value has its literals around the value, in the JSON; they are gone once it is decoded.
    for (std::size_t index = 0; index < catalogue_->patterns().size(); ++index) {
        if (!catalogue_->patterns()[index].match) candidates.push_back(index);
    }
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    return culprit::recognise(record, candidates, {*catalogue_, *redactor_});
}

}  // namespace culprit
