#include "matchers/catalogue_reader.h"

#include <algorithm>

#include "matchers/decoding/json_record.h"
#include "matchers/decoding/legacy_charset.h"
#include "matchers/message_template.h"
#include "matchers/required_literals.h"

namespace culprit {
namespace {

template <class Enum>
std::optional<Enum> named(std::string_view text, std::initializer_list<Enum> values) {
    for (const auto value : values) {
        if (to_string(value) == text) return value;
    }
    return std::nullopt;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The bytes as numbers: journald's JSON writes a message so that is not UTF-8.
std::string listed(std::string_view bytes, std::string_view between) {
    std::string list;
    for (const char byte : bytes) {
        if (!list.empty()) list += between;
        list += std::to_string(static_cast<unsigned char>(byte));
    }
    return list;
}

}  // namespace

void CatalogueReader::fail(const YAML::Node& node, const std::string& expected) const {
    throw CatalogueProblem(where(node) + ": expected " + expected);
}

std::string CatalogueReader::where(const YAML::Node& node) const { return file_ + ":" + std::to_string(node.Mark().line + 1); }

void CatalogueReader::only_keys(const YAML::Node& node, std::initializer_list<const char*> known) const {
    if (!node.IsMap()) fail(node, "a map");
    for (const auto& entry : node) {
        const auto key = entry.first.as<std::string>();
        if (std::any_of(known.begin(), known.end(), [&](const char* name) { return key == name; })) continue;
        std::string list;
        for (const char* name : known) list += (list.empty() ? "" : ", ") + std::string(name);
        fail(entry.first, "one of " + list + ", not '" + key + "'");
    }
}

std::string CatalogueReader::text_of(const YAML::Node& node, const char* key) const {
    const auto value = node[key];
    if (!value) return {};
    if (!value.IsScalar()) fail(value, std::string("a text for '") + key + "'");
    return value.as<std::string>();
}

std::vector<std::string> CatalogueReader::texts_of(const YAML::Node& node) const {
    std::vector<std::string> texts;
    if (!node) return texts;
    if (node.IsScalar()) return {node.as<std::string>()};
    if (!node.IsSequence()) fail(node, "a text or a list of texts");
    for (const auto& entry : node) {
        if (!entry.IsScalar()) fail(entry, "a text");
        texts.push_back(entry.as<std::string>());
    }
    return texts;
}

std::unique_ptr<const Expression> CatalogueReader::expression(const YAML::Node& node, const std::string& text) const {
    auto expression = std::make_unique<Expression>(text);
    if (const auto problem = when_ == Compiled::now ? expression->error() : std::nullopt)
        fail(node, "a regular expression as RE2 knows them: " + *problem);
    return expression;
}

void CatalogueReader::read(const std::string& name, const std::string& text) {
    file_ = name;
    YAML::Node root;
    try {
        root = YAML::Load(text);
    } catch (const YAML::Exception& problem) {
        throw CatalogueProblem(file_ + ":" + std::to_string(problem.mark.line + 1) + ": expected YAML: " + problem.msg);
    }
    try {
        only_keys(root, {"subject", "docs", "tool", "patterns", "messages", "sqlstates", "noise", "application_codes",
                         "server_texts", "bookkeeping_tables", "introductions", "literals", "error_severities",
                         "slow_statement_ms", "narrators", "log_texts"});
        if (const auto slow = root["slow_statement_ms"]) read_slow_statements(slow);
        tool_ = text_of(root, "tool");
        docs_ = text_of(root, "docs");
        if (text_of(root, "subject").empty()) fail(root, "a 'subject': what this file is about");
        for (const auto& entry : root["sqlstates"]) {
            const auto code = entry.first.as<std::string>();
            if (code.size() != 5) fail(entry.first, "an SQLSTATE of five characters, in quotes");
            catalogue_.sqlstates_.add(code, entry.second.as<std::string>());
            // csvlog writes it in any language, and where the encoding cannot write the severity.
            catalogue_.other_literals_.push_back("," + code + ",");
        }
        for (const auto& entry : root["server_texts"]) {
            const auto code = entry.first.as<std::string>();
            if (code.size() != 5) fail(entry.first, "an SQLSTATE of five characters, in quotes");
            for (const auto& text : entry.second) read_server_text(code, text);
        }
        for (const auto& text : texts_of(root["log_texts"])) read_log_text(text);
        for (const auto& code : texts_of(root["noise"])) catalogue_.noise_.insert(code);
        for (const auto& code : texts_of(root["application_codes"])) {
            // A code with a letter in it is rare in itself; five digits are not, but in quotation marks they are.
            if (code.find_first_not_of("0123456789") != std::string::npos) {
                catalogue_.other_literals_.push_back(code);
            } else {
                for (const char* before : {"\"", "'", "u0022", "u0027"}) catalogue_.other_literals_.push_back(before + code);
            }
        }
        for (const auto& table : texts_of(root["bookkeeping_tables"])) catalogue_.bookkeeping_.insert(table);
        for (const auto& severity : texts_of(root["error_severities"])) {
            catalogue_.error_severities_.insert(severity);
            // stderr puts a colon and two spaces behind it, csvlog commas around it.
            for (const auto& literal : literals_of_text(severity + ":  ")) catalogue_.other_literals_.push_back(literal);
            for (const auto& literal : literals_of_text("," + severity + ",")) catalogue_.other_literals_.push_back(literal);
            for (const char* between : {",", ", "}) catalogue_.other_literals_.push_back(listed(severity + ":  ", between));
            if (is_ascii(severity)) continue;
            for (const auto& literal : in_legacy_charsets(severity + ":  ")) catalogue_.other_literals_.push_back(literal);
        }
        for (const auto& literal : texts_of(root["literals"])) catalogue_.other_literals_.push_back(literal);
        read_introductions(root["introductions"]);
        read_narrators(root["narrators"]);
        for (const auto& message : root["messages"]) read_message(message);
        for (const auto& pattern : root["patterns"]) add(read_pattern(pattern));
    } catch (const YAML::Exception& problem) {
        throw CatalogueProblem(file_ + ":" + std::to_string(problem.mark.line + 1) + ": expected another shape: " + problem.msg);
    }
}

/// Its server texts come before the rest, as they are read from a file that holds both.
void CatalogueReader::read_prepared(const PreparedFile& file) {
    const auto next = [](std::string_view& rest, char end) {
        const auto at = rest.find(end);
        const auto part = rest.substr(0, at);
        rest.remove_prefix(std::min(at, rest.size() - 1) + 1);
        return part;
    };
    for (std::string_view rest = file.server_texts; !rest.empty();) {
        auto line = next(rest, '\n');
        ServerTexts::Meaning meaning{std::string(next(line, '\t')), "postgresql.server_text", {}, {}, false, {}};
        meaning.level = next(line, '\t');
        meaning.detail = next(line, '\t');
        catalogue_.server_texts_.add(std::move(meaning), line);
    }
    read(std::string(file.name), std::string(file.rest));
}

void CatalogueReader::read_server_text(const std::string& sqlstate, const YAML::Node& node) const {
    ServerTexts::Meaning meaning{sqlstate, "postgresql.server_text", {}, {}, false, {}};
    std::string text = node.IsMap() ? text_of(node, "text") : node.as<std::string>();
    if (node.IsMap()) {
        only_keys(node, {"text", "level", "detail"});
        meaning.level = text_of(node, "level");
        meaning.detail = text_of(node, "detail");
    }
    if (text.find_first_not_of("{} ") == std::string::npos) fail(node, "a text that says something");
    catalogue_.server_texts_.add(std::move(meaning), text);
}

void CatalogueReader::read_slow_statements(const YAML::Node& node) {
    catalogue_.slow_statement_ms_ = node.as<double>();
    if (catalogue_.slow_statement_ms_ < 10) fail(node, "a duration of 10 ms or more");
    // As many digits as the limit has: where all statements are logged, nearly all of them took less.
    std::string literal = "duration: [0-9][0-9]";
    for (double rest = catalogue_.slow_statement_ms_; rest >= 100; rest /= 10) literal += "[0-9]";
    catalogue_.other_literals_.push_back(std::move(literal));
}

void CatalogueReader::read_narrators(const YAML::Node& node) {
    for (const auto& entry : node) {
        only_keys(entry, {"id", "docs", "match", "examples"});
        Narrator narrator{text_of(entry, "id"), expression(entry, text_of(entry, "match"))};
        if (narrator.id.empty() || text_of(entry, "match").empty()) fail(entry, "an 'id' and a 'match'");
        const auto examples = texts_of(entry["examples"]);
        if (examples.empty() && examples_ == Catalogue::Examples::with)
            fail(entry, "'examples': the beginning of a record of this narrator");
        for (const auto& example : examples) {
            if (!find_match(*narrator.match, example))
                fail(entry["examples"], "examples that 'match' finds, not '" + example + "'");
        }
        std::erase_if(catalogue_.narrators_, [&](const Narrator& other) { return other.id == narrator.id; });
        catalogue_.narrators_.push_back(std::move(narrator));
    }
}

void CatalogueReader::add(Pattern pattern) {
    auto& patterns = catalogue_.patterns_;
    const auto same =
        std::find_if(patterns.begin(), patterns.end(), [&](const Pattern& other) { return other.id == pattern.id; });
    if (same != patterns.end()) {
        if (same->where.substr(0, same->where.rfind(':')) == pattern.where.substr(0, pattern.where.rfind(':'))) {
            throw CatalogueProblem(pattern.where + ": expected an id of its own, '" + pattern.id + "' is taken at " +
                                   same->where);
        }
        *same = std::move(pattern);
    } else {
        patterns.push_back(std::move(pattern));
    }
}

void CatalogueReader::read_conditions(const YAML::Node& node, Pattern& pattern) const {
    if (const auto side = text_of(node, "side"); !side.empty()) {
        pattern.side = named<Side>(side, {Side::application, Side::server});
        if (!pattern.side) fail(node["side"], "'application' or 'server'");
    }
    if (const auto logger = text_of(node, "logger"); !logger.empty()) pattern.logger = expression(node["logger"], logger);
    for (const auto& entry : node["when"]) {
        FieldCondition condition{entry.first.as<std::string>(), {}, nullptr};
        if (entry.second.IsMap()) {
            only_keys(entry.second, {"match", "none"});
            condition.none = entry.second["none"].IsDefined();
            if (condition.none)
                condition.values = texts_of(entry.second["none"]);
            else
                condition.match = expression(entry.second, text_of(entry.second, "match"));
        } else {
            condition.absent = entry.second.IsScalar() && entry.second.as<std::string>() == "absent";
            if (!condition.absent) condition.values = texts_of(entry.second);
        }
        pattern.when.push_back(std::move(condition));
    }
    // Records are chosen by the first one.
    std::stable_partition(pattern.when.begin(), pattern.when.end(),
                          [](const auto& condition) { return !condition.absent && !condition.none; });
    if (!pattern.when.empty() && (pattern.when.front().absent || pattern.when.front().none))
        fail(node["when"], "a field that is there, beside those that are absent or have none of some values");
    const auto earlier_line = [&](const char* key) -> std::optional<EarlierLine> {
        const auto entry = node[key];
        if (!entry) return std::nullopt;
        only_keys(entry, {"line", "until"});
        EarlierLine earlier;
        if (text_of(entry, "line").empty()) fail(entry, "a 'line': an expression for what was printed before");
        earlier.line = expression(entry["line"], text_of(entry, "line"));
        if (entry["until"]) earlier.until = expression(entry["until"], text_of(entry, "until"));
        return earlier;
    };
    pattern.after = earlier_line("after");
    pattern.unless_after = earlier_line("unless_after");
    if (node["echoed"]) pattern.echoed = node["echoed"].as<bool>();
    for (const auto& entry : node["take"]) {
        auto& taken = pattern.take[entry.first.as<std::string>()];
        for (const auto& text : texts_of(entry.second)) {
            const auto tilde = text.find(" ~ ");
            taken.push_back({text.substr(0, tilde), nullptr});
            if (tilde != std::string::npos) taken.back().match = expression(entry.second, text.substr(tilde + 3));
        }
    }
}

void CatalogueReader::read_what_it_says(const YAML::Node& node, Pattern& pattern) const {
    const auto says = node["says"];
    if (!says) fail(node, "'says': what a match means");
    pattern.tool = tool_;
    if (says.IsScalar()) {
        if (says.as<std::string>() != "nothing") fail(says, "a map, or 'nothing' for a look-alike");
        pattern.says_nothing = true;
        return;
    }
    only_keys(says, {"family", "kind", "sqlstate", "operation", "phase", "tool", "object_type"});
    const auto family = named<Family>(text_of(says, "family"), {Family::symptom, Family::change, Family::remedy});
    if (!family) fail(says, "'family': symptom, change or remedy");
    pattern.family = *family;
    pattern.kind = text_of(says, "kind");
    pattern.sqlstate = text_of(says, "sqlstate");
    pattern.operation = text_of(says, "operation");
    pattern.object_type = text_of(says, "object_type");
    if (const auto tool = text_of(says, "tool"); !tool.empty()) pattern.tool = tool;
    if (const auto phase = text_of(says, "phase"); !phase.empty()) {
        const auto known = named<Phase>(phase, {Phase::started, Phase::succeeded, Phase::failed, Phase::rolled_back});
        if (!known) fail(says["phase"], "'started', 'succeeded', 'failed' or 'rolled_back'");
        pattern.phase = *known;
    }
    if (pattern.family != Family::symptom && pattern.kind.empty()) fail(says, "a 'kind'");
}

void CatalogueReader::derive_literals(const YAML::Node& node, const std::string& match, Pattern& pattern) const {
    if (!match.empty()) {
        auto literals = required_literals(match);
        if (!literals.ok()) fail(node["match"], "an expression with a literal: " + literals.error().message);
        pattern.literals = std::move(literals).value();
        return;
    }
    // Without a text to match, the condition whose values are rarest.
    const FieldCondition* best = nullptr;
    std::size_t best_rarity = 0;
    for (const auto& condition : pattern.when) {
        if (condition.match || condition.values.empty()) continue;
        std::size_t least = SIZE_MAX;
        for (const auto& value : condition.values) least = std::min(least, rarity(value));
        if (least > best_rarity) {
            best = &condition;
            best_rarity = least;
        }
    }
    if (best == nullptr || best_rarity < 3)
        fail(node, "a 'match', a condition with values of three characters or more, or 'literals'");
    for (const auto& value : best->values) {
        for (auto& literal : literals_of_value(value)) pattern.literals.push_back(std::move(literal));
    }
}

Pattern CatalogueReader::read_pattern(const YAML::Node& node) const {
    only_keys(node, {"id", "docs", "side", "logger", "when", "after", "unless_after", "echoed", "take", "match", "literals",
                     "says", "examples", "counter_examples"});
    Pattern pattern;
    pattern.id = text_of(node, "id");
    pattern.where = where(node);
    pattern.docs = text_of(node, "docs");
    if (pattern.docs.empty()) pattern.docs = docs_;
    if (pattern.id.empty()) fail(node, "an 'id'");
    read_conditions(node, pattern);
    read_what_it_says(node, pattern);
    const auto match = text_of(node, "match");
    if (match.empty() && pattern.when.empty()) fail(node, "a 'match' or a 'when'");
    if (!match.empty()) pattern.match = expression(node["match"], match);
    const auto catches = [&](const char* name) { return pattern.match && pattern.match->catches(name); };
    pattern.adds_only = !pattern.says_nothing && pattern.family == Family::symptom && pattern.sqlstate.empty() &&
                        pattern.kind.empty() && !catches("sqlstate") && !catches("exception_class") &&
                        pattern.take.count("sqlstate") == 0;
    pattern.literals = texts_of(node["literals"]);
    if (!pattern.adds_only && !pattern.says_nothing && pattern.literals.empty()) derive_literals(node, match, pattern);
    take_examples(node, pattern);
    return pattern;
}

void CatalogueReader::read_log_text(const std::string& text) {
    std::string named;
    int argument = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool place = text.compare(at, 2, "{}") == 0;
        named += place ? "{argument " + std::to_string(++argument) + "}" : std::string(1, text[at]);
        if (place) ++at;
    }
    catalogue_.log_texts_.add({"00000", {}, {}, {}, false, {}}, named);
}

void CatalogueReader::read_message(const YAML::Node& node) {
    only_keys(node, {"id", "docs", "sqlstate", "level", "side", "templates", "examples", "counter_examples"});
    const auto id = text_of(node, "id"), sqlstate = text_of(node, "sqlstate");
    if (id.empty() || sqlstate.size() != 5) fail(node, "an 'id' and an 'sqlstate' of five characters");
    if (!node["templates"] || node["templates"].size() == 0) fail(node, "'templates': the message in each language");
    const auto side = text_of(node, "side");
    if (!side.empty() && side != "server") fail(node["side"], "'server', where applications say the same of other things");
    bool first = true;
    std::string english;
    for (const auto& entry : node["templates"]) {
        const auto language = entry.first.as<std::string>();
        if (first) english = entry.second.as<std::string>();
        auto compiled = compile_template(entry.second.as<std::string>());
        if (!compiled.ok()) fail(entry.second, compiled.error().message);
        Pattern pattern;
        pattern.id = id + "." + entry.first.as<std::string>();
        pattern.where = where(entry.first);
        pattern.docs = text_of(node, "docs");
        pattern.sqlstate = sqlstate;
        pattern.is_template = true;
        if (!side.empty()) pattern.side = Side::server;
        pattern.match = expression(entry.second, compiled.value().anywhere);
        const auto text = entry.second.as<std::string>();
        if (first)
            catalogue_.server_texts_.add({sqlstate, id, text_of(node, "level"), {}, true, {}}, text);
        else
            catalogue_.server_texts_.add_translation(english, language, text);
        pattern.literals = compiled.value().literals;
        if (first) take_examples(node, pattern);
        first = false;
        add(std::move(pattern));
    }
}

void CatalogueReader::read_introductions(const YAML::Node& node) {
    for (const auto& entry : node) {
        only_keys(entry, {"id", "match", "phase"});
        Pattern pattern;
        pattern.id = text_of(entry, "id");
        pattern.where = where(entry);
        pattern.match = expression(entry, text_of(entry, "match"));
        pattern.phase = named<Phase>(text_of(entry, "phase"), {Phase::started, Phase::succeeded}).value_or(Phase::started);
        if (!pattern.match->catches("statement")) fail(entry, "a group named 'statement'");
        catalogue_.introductions_.push_back(std::move(pattern));
    }
}

void CatalogueReader::take_examples(const YAML::Node& node, Pattern& pattern) const {
    pattern.examples = read_examples(node["examples"], pattern);
    pattern.counter_examples = read_examples(node["counter_examples"], pattern);
    if (pattern.examples.empty() && examples_ == Catalogue::Examples::with)
        fail(node, "'examples': at least one line with what is to be found in it");
}

std::vector<Example> CatalogueReader::read_examples(const YAML::Node& node, const Pattern& pattern) const {
    std::vector<Example> examples;
    for (const auto& entry : node) {
        Example example;
        example.where = where(entry);
        auto& record = example.record;
        if (entry.IsScalar()) {
            record.message = example.raw = entry.as<std::string>();
        } else {
            only_keys(entry, {"text", "json", "before", "level", "side", "logger", "sqlstate", "detail", "statement", "context",
                              "expect"});
            record.message = example.raw = text_of(entry, "text");
            if (const auto text = text_of(entry, "json"); !text.empty()) {
                example.raw = text;
                JsonDecoder decoder;
                auto decoded = decoder.decode(text, std::nullopt);
                if (!decoded) fail(entry, "a JSON object");
                record = std::move(decoded->record);
            }
            const auto set = [&](std::string& field, const char* key) {
                if (entry[key]) field = text_of(entry, key);
            };
            set(record.level, "level");
            set(record.logger, "logger");
            set(record.sqlstate, "sqlstate");
            set(record.detail, "detail");
            set(record.statement, "statement");
            set(record.context, "context");
            record.before = texts_of(entry["before"]);
            std::reverse(record.before.begin(), record.before.end());  // written as they were printed, kept nearest first
            if (text_of(entry, "side") == "server") record.side = Side::server;
            if (const auto expect = entry["expect"]) {
                for (const auto& field : expect) example.expect[field.first.as<std::string>()] = field.second.as<std::string>();
            }
        }
        if (pattern.side) record.side = *pattern.side;
        examples.push_back(std::move(example));
    }
    return examples;
}

}  // namespace culprit
