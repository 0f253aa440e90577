#include "daemon/sinks/index_template.h"

#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_index_templates();  // cmake/embed.cmake

namespace {

std::string template_of(std::string_view name, std::string_view index) {
    for (const EmbeddedFile& file : embedded_index_templates()) {
        if (file.name != name) continue;
        nlohmann::json body = nlohmann::json::parse(file.content);
        body["index_patterns"] = {std::string(index) + "-*"};
        body["template"]["aliases"] = {{std::string(index), nlohmann::json::object()}};
        return body.dump();
    }
    throw std::logic_error(std::string(name) + " is not embedded");
}

}  // namespace

std::string incident_index_template(std::string_view index) { return template_of("incident_index_template.json", index); }

std::string change_index_template(std::string_view index) { return template_of("change_index_template.json", index); }

}  // namespace culprit
