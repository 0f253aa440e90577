#include "daemon/web/layout.h"
#include "daemon/web/pages.h"
#include "daemon/words/wording.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

std::string where_of(const std::string& environment, const std::string& database) {
    if (environment.empty() && database.empty()) return "everywhere";
    std::string where = environment;
    if (!database.empty()) where += (where.empty() ? "" : ", ") + ("database " + database);
    return where;
}

std::string who_of(const OperatorNote& window) {
    return "announced" + (window.author.empty() ? "" : " by " + window.author) + " " + readable_time(to_rfc3339(window.time));
}

TemplateData shown(const std::string& where, EventTime from, EventTime until, const std::string& who) {
    TemplateData one;
    one.set("where", where);
    one.set("from", to_rfc3339(from));
    one.set("from_readable", readable_time(to_rfc3339(from)));
    one.set("until", to_rfc3339(until));
    one.set("until_readable", readable_time(to_rfc3339(until)));
    one.set("who", who);
    return one;
}

TemplateData part_of(const char* id, const char* words, const char* none, const TemplateData& windows) {
    TemplateData part;
    part.set("id", id);
    part.set("words", words);
    part.set("none", none);
    set_list(part, "windows", windows);
    return part;
}

}  // namespace

std::string maintenance_page(const AnnouncedMaintenance& maintenance, EventTime now, const std::string& host) {
    TemplateData present{TemplateData::type::list}, coming{TemplateData::type::list};
    std::int64_t under_way = 0;
    const auto add = [&](EventTime from, EventTime until, const TemplateData& window) {
        if (until <= now) return;
        under_way += from <= now ? 1 : 0;
        (from <= now ? present : coming) << window;
    };
    for (const OperatorNote& note : maintenance.list()) {
        const std::string where = where_of(note.environment, note.database);
        TemplateData window = shown(where, note.from, note.until, who_of(note)), ending;
        set_text(window, "text", note.text);
        ending.set("id", note.id);
        ending.set("words", note.from <= now ? "End now" : "Call off");
        window.set("ending", ending);
        add(note.from, note.until, window);
    }
    for (const MaintenanceWindow& fixed : maintenance.configured())
        add(fixed.from, fixed.until,
            shown(where_of(fixed.environment, fixed.database), fixed.from, fixed.until, "from the configuration"));
    const std::string title = under_way == 0 ? "No maintenance now" : counted(under_way, "maintenance window") + " open";
    TemplateData values, parts{TemplateData::type::list};
    values.set("title", title);
    parts << part_of("present", "Now", "None.", present) << part_of("coming", "Coming", "None is announced.", coming);
    values.set("parts", parts);
    values.set("host", host);
    values.set("example_from", to_rfc3339(std::chrono::ceil<std::chrono::hours>(now)));
    values.set("example_until", to_rfc3339(std::chrono::ceil<std::chrono::hours>(now) + std::chrono::minutes{30}));
    return framed({title, "maintenance"}, fill("maintenance.mustache", values));
}

std::vector<std::string> maintenance_now(const AnnouncedMaintenance& maintenance, EventTime now) {
    std::vector<std::string> sentences;
    const auto add = [&](const std::string& where, EventTime from, EventTime until) {
        if (from <= now && now < until) sentences.push_back(where + " until " + readable_time(to_rfc3339(until)));
    };
    for (const OperatorNote& note : maintenance.list()) add(where_of(note.environment, note.database), note.from, note.until);
    for (const MaintenanceWindow& fixed : maintenance.configured())
        add(where_of(fixed.environment, fixed.database), fixed.from, fixed.until);
    return sentences;
}

}  // namespace culprit
