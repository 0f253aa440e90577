#include "daemon/sinks/index_template.h"

#include <span>
#include <stdexcept>

#include "daemon/words/json_fields.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_index_templates();  // cmake/embed.cmake

namespace {

using Json = nlohmann::json;

Json template_of(std::string_view name, std::string_view index) {
    for (const EmbeddedFile& file : embedded_index_templates()) {
        if (file.name != name) continue;
        Json body = Json::parse(file.content);
        body["index_patterns"] = {std::string(index) + "-*"};
        body["template"]["aliases"] = {{std::string(index), Json::object()}};
        return body;
    }
    throw std::logic_error(std::string(name) + " is not embedded");
}

/// `into` wins; what it lacks comes from `from`.
void fill(Json& into, const Json& from) {
    for (const auto& [name, value] : from.items()) {
        if (!into.contains(name)) {
            into[name] = value;
        } else if (into[name].is_object() && value.is_object()) {
            fill(into[name], value);
        }
    }
}

std::string scalar(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

Json incident_index_template(std::string_view index) { return template_of("incident_index_template.json", index); }

Json change_index_template(std::string_view index) { return template_of("change_index_template.json", index); }

std::optional<Json> template_update(const Json& wanted, const Json& answer) {
    const Json& found = elements_of(answer, "index_templates");
    if (found.empty()) return wanted;
    const Json& standing = field(found.front(), "index_template");
    Json update = wanted;
    for (const char* part : {"settings", "aliases"}) {
        Json kept = field(field(standing, "template"), part);
        if (!kept.is_object()) continue;
        fill(kept, wanted["template"][part]);
        update["template"][part] = std::move(kept);
    }
    if (const Json& components = elements_of(standing, "composed_of"); !components.empty()) update["composed_of"] = components;
    if (holds(standing, update)) return std::nullopt;
    return update;
}

bool holds(const Json& standing, const Json& wanted) {
    if (wanted.is_object()) {
        if (!standing.is_object()) return false;
        for (const auto& [name, value] : wanted.items()) {
            const bool implied = name == "type" && value == "object" && standing.contains("properties");
            if (!implied && (!standing.contains(name) || !holds(standing[name], value))) return false;
        }
        return true;
    }
    if (wanted.is_array()) {
        if (!standing.is_array() || standing.size() != wanted.size()) return false;
        for (std::size_t at = 0; at < wanted.size(); ++at)
            if (!holds(standing[at], wanted[at])) return false;
        return true;
    }
    return !standing.is_structured() && scalar(standing) == scalar(wanted);
}

}  // namespace culprit
