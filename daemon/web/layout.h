#pragma once
// Filling mustache templates: the frame around every page, and fields that are there only when they say something.
#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

namespace culprit {

using TemplateData = kainjow::mustache::data;

std::string fill(std::string_view template_name, const TemplateData& values);

struct PageFrame {
    std::string title;
    std::string here;  // which entry of the navigation it belongs to: incidents, changes, maintenance, pipeline; or none
    std::string
        live{};  // what of it the script keeps up to date: `list`, `changes`, an incident's id, `pipeline`; empty: nothing
    std::uint64_t revision = 0;  // of the store, as it is shown: events after it bring news
};
/// `content` is HTML.
std::string framed(const PageFrame& frame, const std::string& content);

/// Left out when empty, so that `{{#key}}` asks whether there is something.
void set_text(TemplateData& values, const std::string& key, const std::string& value);
inline void set_flag(TemplateData& values, const std::string& key, bool flag) {
    values.set(key, flag ? TemplateData::type::bool_true : TemplateData::type::bool_false);
}
/// A list and, under `has_KEY`, whether it has elements.
void set_list(TemplateData& values, const std::string& key, const TemplateData& list);

}  // namespace culprit
