#include <iostream>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/stored_incidents.h"
#include "daemon/words/message_templates.h"

namespace culprit {
namespace {

EventTime now() { return std::chrono::time_point_cast<EventTime::duration>(std::chrono::system_clock::now()); }

/// `--set KEY=VALUE`: what only people know.
Result<Said> parse_said(const std::vector<std::string>& settings) {
    Said said;
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            return Error{"--set " + setting + ": expected KEY=VALUE, such as next_update='03:30 UTC'"};
        said[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    return said;
}

}  // namespace

int report(const ReportOptions& options) {
    const auto said = parse_said(options.said);
    if (!said) return fail(kWrongUsage, said.error().message);
    const auto templates = MessageTemplates::load(options.templates);
    if (!templates) return fail(kWrongUsage, templates.error().message);
    const bool stored = options.from.empty();
    Config config;
    if (stored) {
        auto loaded = load_config(options.config);
        if (!loaded) return fail(kWrongUsage, loaded.error().message);
        config = std::move(loaded).value();
    }
    const auto found = stored ? stored_incidents(config, options.incident) : incidents_in_file(options.from, options.incident);
    if (!found) return fail(kInputUnreadable, found.error().message);
    if (found.value().empty())
        return fail(kWrongUsage, stored ? no_such_incident(options.incident, config)
                                        : "no incident's id begins with " + options.incident + " in " + options.from);
    if (found.value().size() > 1)
        return fail(kWrongUsage, std::to_string(found.value().size()) + " incidents' ids begin with " + options.incident +
                                     "; give more of the id: " + found.value()[0].id + ", " + found.value()[1].id + " …");
    const std::string& document = found.value().front().json;
    if (options.as == "json") {
        std::cout << document << '\n';
        return kDone;
    }
    for (const char* suffix : {".md", ".slack", ".txt", ".json"}) {
        if (!templates.value().contains(options.as + suffix)) continue;
        const auto text = templates.value().render(options.as + suffix, document, now(), said.value());
        if (!text) return fail(kInputUnreadable, text.error().message);
        std::cout << text.value();
        return kDone;
    }
    std::string names = "json";
    for (const std::string& name : templates.value().names()) names += ", " + name.substr(0, name.rfind('.'));
    return fail(kWrongUsage, "--as " + options.as + ": there is no such template; there are " + names);
}

}  // namespace culprit
