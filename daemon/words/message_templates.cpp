#include "daemon/words/message_templates.h"

#include <filesystem>
#include <fstream>
#include <kainjow/mustache.hpp>
#include <regex>
#include <span>
#include <sstream>

#include "daemon/words/escapes.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_message_templates();  // cmake/embed.cmake, from words/templates/

namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr std::string_view kSuffix = ".mustache";

/// Empty text, empty lists and null are false, so that `{{#key}}` asks whether there is something.
data to_data(const nlohmann::json& value) {
    if (value.is_boolean()) return data(value.get<bool>() ? data::type::bool_true : data::type::bool_false);
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return data(value.get<std::string>());
    if (value.is_number()) return data(value.dump());
    if (value.is_array()) {
        data list(data::type::list);
        for (const auto& each : value) list << to_data(each);
        return list;
    }
    if (value.is_object()) {
        data object(data::type::object);
        for (const auto& [key, each] : value.items()) object.set(key, to_data(each));
        return object;
    }
    return data(data::type::bool_false);
}

mustache::escape_handler escape_of(std::string_view name) {
    if (name.ends_with(".md")) return escape_markdown;
    if (name.ends_with(".slack")) return escape_slack;
    if (name.ends_with(".json")) return escape_json;
    return escape_plain;
}

constexpr char kBlank = '\x01';  // stands on a blank line of a template, and goes after rendering

/// A line that holds one section tag and nothing else leaves no line behind, as mustache's specification has it, and a blank line
/// stays. kainjow's implementation decides it by what was rendered: it leaves a line where two such tags follow each other, and
/// takes a blank line after a tag.
std::string standing_alone(const std::string& text) {
    static const std::regex tag_line(R"([ \t]*\{\{[#^/!][^{}]*\}\}[ \t]*\r?)");
    std::string lines;
    std::istringstream input(text);
    for (std::string line; std::getline(input, line);) {
        const auto tag = line.find('{');
        if (line.empty()) {
            lines += {kBlank, '\n'};
        } else if (std::regex_match(line, tag_line)) {
            lines += line.substr(tag, line.rfind('}') + 1 - tag);
        } else {
            lines += line + (input.eof() ? "" : "\n");
        }
    }
    return lines;
}

Result<std::string> read_template(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return Error{path.string() + ": cannot be read"};
    const mustache parsed(text.str());
    if (!parsed.is_valid()) return Error{path.string() + ": not a mustache template: " + parsed.error_message()};
    return standing_alone(text.str());
}

}  // namespace

Result<MessageTemplates> MessageTemplates::load(const std::string& folder) {
    MessageTemplates all;
    for (const EmbeddedFile& file : embedded_message_templates())
        all.templates_.emplace(file.name.substr(0, file.name.size() - kSuffix.size()), standing_alone(std::string(file.content)));
    if (folder.empty()) return all;
    std::error_code error;
    std::filesystem::directory_iterator files(folder, error);
    if (error) return Error{folder + ": cannot be read: " + error.message() + "; expected a folder of *.mustache files"};
    for (const auto& entry : files) {
        if (entry.path().extension() != kSuffix) continue;
        auto text = read_template(entry.path());
        if (!text) return text.error();
        all.templates_[entry.path().stem().string()] = std::move(text).value();
    }
    return all;
}

std::vector<std::string> MessageTemplates::names() const {
    std::vector<std::string> names;
    for (const auto& [name, text] : templates_) names.push_back(name);
    return names;
}

Result<std::string> MessageTemplates::render(std::string_view name, const std::string& document, EventTime now,
                                             const Said& said) const {
    const auto parsed = nlohmann::json::parse(document, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("culprit"))
        return Error{"not an incident: expected the JSON document that culprit writes, with an object `culprit`"};
    const auto& text = templates_.find(name)->second;
    mustache filled(text);
    filled.set_custom_escape(escape_of(name));
    std::string message = filled.render(to_data(incident_words(parsed, now, said)));
    std::erase(message, kBlank);
    return message;
}

}  // namespace culprit
