#include "matchers/recognition.h"

#include <algorithm>

#include "matchers/catalogue.h"
#include "matchers/literal_filter.h"
#include "matchers/rules.h"

namespace culprit {

namespace {

/// Whatever else a record holds, the pattern says the same of its text.
bool asks_for_text_only(const Pattern& pattern) {
    return pattern.match && pattern.when.empty() && pattern.take.empty() && !pattern.logger && !pattern.asks_before();
}

}  // namespace

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
    const std::string text = record.side == Side::server ? record.message : searched_text(record);
    return recognise(record, TextSearch(text), candidates, knowledge);
}

std::vector<Signal> recognise(const Record& record, const TextSearch& text, const Candidates& candidates,
                              const Knowledge& knowledge) {
    std::vector<Signal> signals;
    if (record.side == Side::server) {
        // The server's words are its own; a tool's within them (`ALTER TABLE` alone on a line of a statement) are quoted.
        add_symptom(record, text, candidates, knowledge, signals);
        if (!signals.empty()) return signals;
        add_server_events(record, knowledge, signals);
        add_logged_statement(record, knowledge, signals);
        return signals;
    }
    add_symptom(record, text, candidates, knowledge, signals);
    add_tool_events(record, text, candidates, knowledge, signals);
    return signals;
}

Recognition::Recognition() = default;
Recognition::~Recognition() = default;

Result<std::unique_ptr<const Recognition>> Recognition::load(const std::vector<std::filesystem::path>& directories,
                                                             RedactionPolicy redaction) {
    auto catalogue = Catalogue::load(directories, Catalogue::Examples::without);
    if (!catalogue.ok()) return catalogue.error();
    auto filter = LiteralFilter::compile(catalogue.value()->literals());
    if (!filter.ok()) return filter.error();
    auto candidates = CandidateIndex::build(*catalogue.value(), *filter.value());
    if (!candidates.ok()) return candidates.error();
    std::unique_ptr<Recognition> recognition(new Recognition);
    recognition->candidates_ = std::move(candidates).value();
    recognition->catalogue_ = std::move(catalogue).value();
    recognition->filter_ = std::move(filter).value();
    recognition->redactor_ = std::make_unique<Redactor>(std::move(redaction));
    return std::unique_ptr<const Recognition>(std::move(recognition));
}

bool Recognition::asks_before(std::string_view bytes, LiteralFilter::Scratch& scratch) const {
    std::vector<unsigned> found;
    filter_->matches(bytes, scratch, found);
    return std::any_of(found.begin(), found.end(), [&](unsigned literal) { return catalogue_->asks_before(literal); });
}

std::vector<Signal> Recognition::recognise(const Record& record) const {
    auto scratch = candidates_->make_scratch();
    return recognise(record, scratch);
}

std::vector<Signal> Recognition::recognise(const Record& record, CandidateIndex::Scratch& scratch, MatchMemo* memo) const {
    candidates_->find(record, scratch);
    const Knowledge knowledge{*catalogue_, *redactor_};
    if (memo == nullptr) return culprit::recognise(record, TextSearch(scratch.text()), scratch.candidates(), knowledge);
    const bool plain = std::all_of(scratch.candidates().begin(), scratch.candidates().end(),
                                   [&](std::size_t candidate) { return asks_for_text_only(catalogue_->patterns()[candidate]); });
    if (auto known = memo->symptoms().recall(record, scratch.text(), scratch.candidates(), plain, *redactor_)) {
        std::vector<Signal> signals;
        signals.push_back(std::move(*known));
        return signals;
    }
    Reading reading;
    TextSearch text(scratch.text(), *memo);
    text.write_down(&reading);
    auto signals = culprit::recognise(record, text, scratch.candidates(), knowledge);
    memo->symptoms().remember(scratch.text(), signals, reading, *redactor_);
    return signals;
}

}  // namespace culprit
