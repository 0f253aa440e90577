#include <algorithm>
#include <map>

#include "matchers/catalogue.h"
#include "matchers/literal_filter.h"
#include "matchers/log_entry_json.h"
#include "matchers/rules.h"

namespace culprit {
namespace {

using Found = std::map<std::string, std::string>;

/// What an example may expect of a signal.
Found fields_of(const Signal& signal, std::size_t signals) {
    Found fields{{"family", std::string(to_string(signal.family))},
                 {"kind", signal.kind},
                 {"sqlstate", signal.sqlstate},
                 {"operation", signal.operation},
                 {"phase", std::string(to_string(signal.phase))},
                 {"tool", signal.tool},
                 {"migration", signal.migration},
                 {"environment", signal.scope.environment},
                 {"database", signal.scope.database},
                 {"service", signal.scope.service},
                 {"release", signal.scope.release},
                 {"rule", signal.rule},
                 {"signals", std::to_string(signals)}};
    const auto take = [&fields](const char* name, const std::string& value) {
        if (auto& field = fields[name]; field.empty()) field = value;
    };
    for (const auto& object : signal.objects) {
        take(object.type.c_str(), object.name);
        take("schema", object.schema);
        take("table", object.type == "table" ? object.name : object.table);
        take("column", object.column);
        take("constraint", object.constraint);
        take("referenced_table", object.referenced_table);
    }
    for (const auto& column : signal.key_columns) fields["key_columns"] += (fields["key_columns"].empty() ? "" : ", ") + column;
    for (const Link& link : signal.links) fields["links"] += (fields["links"].empty() ? "" : ", ") + link.what + " " + link.url;
    return fields;
}

std::string first_difference(const Example& example, const Found& found) {
    for (const auto& [name, wanted] : example.expect) {
        const auto value = found.find(name);
        const std::string was = value == found.end() ? "" : value->second;
        if (was != wanted) return "expected " + name + " '" + wanted + "', found '" + was + "'";
    }
    return {};
}

std::vector<Signal> signals_of(const Catalogue& catalogue, const Record& record) {
    const Redactor redactor({RedactedValues::hash, "examples"});
    Candidates all(catalogue.patterns().size());
    for (std::size_t index = 0; index < all.size(); ++index) all[index] = index;
    return recognise(record, all, {catalogue, redactor});
}

void add_what_does_not_compile(const Pattern& pattern, std::vector<std::string>& failures) {
    const auto ask = [&](const std::unique_ptr<const Expression>& expression) {
        if (const auto problem = expression ? expression->error() : std::nullopt)
            failures.push_back(pattern.where + ": " + pattern.id +
                               ": expected a regular expression as RE2 knows them: " + *problem);
    };
    ask(pattern.logger);
    ask(pattern.match);
    for (const auto& condition : pattern.when) ask(condition.match);
}

}  // namespace

std::vector<std::string> run_examples(const Catalogue& catalogue) {
    std::vector<std::string> failures;
    for (const auto& pattern : catalogue.patterns()) add_what_does_not_compile(pattern, failures);
    for (const auto& pattern : catalogue.statement_introductions()) add_what_does_not_compile(pattern, failures);
    auto compiled = LiteralFilter::compile(catalogue.literals());
    if (!compiled.ok()) return {compiled.error().message};
    const auto& filter = *compiled.value();
    auto scratch = filter.make_scratch();
    for (const auto& pattern : catalogue.patterns()) {
        for (const auto& example : pattern.examples) {
            const auto signals = signals_of(catalogue, example.record);
            if (pattern.says_nothing) {
                const auto symptom = std::find_if(signals.begin(), signals.end(),
                                                  [](const Signal& found) { return found.family == Family::symptom; });
                if (symptom != signals.end())
                    failures.push_back(example.where + ": " + pattern.id + ": expected nothing, found a " + symptom->kind);
                continue;
            }
            if (signals.empty()) {
                failures.push_back(example.where + ": " + pattern.id + ": expected a signal, found none");
                continue;
            }
            std::string difference;
            for (const auto& signal : signals) {
                difference = first_difference(example, fields_of(signal, signals.size()));
                if (difference.empty()) break;
            }
            if (!difference.empty()) failures.push_back(example.where + ": " + pattern.id + ": " + difference);
            if (example.record.side == Side::application && !filter.passes(example.raw, scratch)) {
                failures.push_back(example.where + ": " + pattern.id + ": expected the literal filter to let it pass");
            }
        }
        for (const auto& example : pattern.counter_examples) {
            const auto signals = signals_of(catalogue, example.record);
            if (!signals.empty())
                failures.push_back(example.where + ": " + pattern.id + ": expected nothing, found a " + signals.front().kind +
                                   " by " + signals.front().rule);
        }
    }
    return failures;
}

}  // namespace culprit
