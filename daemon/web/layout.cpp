#include "daemon/web/layout.h"

#include "daemon/web/web_assets.h"

namespace culprit {

std::string fill(std::string_view template_name, const TemplateData& values) {
    return kainjow::mustache::mustache(std::string(page_template(template_name))).render(values);
}

std::string framed(const PageFrame& frame, const std::string& content) {
    TemplateData values;
    values.set("title", frame.title);
    values.set("content", content);
    set_text(values, "live", frame.live);
    values.set("revision", std::to_string(frame.revision));
    values.set("bootstrap", asset_address("bootstrap.min.css"));
    values.set("style", asset_address("culprit.css"));
    values.set("script", asset_address("culprit.js"));
    values.set("icon", asset_address("icon.svg"));
    TemplateData entries{TemplateData::type::list};
    for (const auto& [name, address, words] :
         {std::tuple{"incidents", "/", "Incidents"}, std::tuple{"changes", "/changes", "Changes"},
          std::tuple{"maintenance", "/maintenance", "Maintenance"}, std::tuple{"pipeline", "/pipeline", "Pipeline"}}) {
        TemplateData entry;
        entry.set("address", address);
        entry.set("words", words);
        set_flag(entry, "here", frame.here == name);
        entries << entry;
    }
    values.set("navigation", entries);
    return fill("page.mustache", values);
}

void set_text(TemplateData& values, const std::string& key, const std::string& value) {
    if (!value.empty()) values.set(key, value);
}

void set_list(TemplateData& values, const std::string& key, const TemplateData& list) {
    values.set(key, list);
    set_flag(values, "has_" + key, !list.is_empty_list());
}

}  // namespace culprit
