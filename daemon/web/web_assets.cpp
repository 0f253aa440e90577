#include "daemon/web/web_assets.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

namespace culprit {
namespace {

struct Type {
    std::string_view ending, content_type;
};
constexpr std::array<Type, 3> kTypes{
    {{".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".svg", "image/svg+xml"}}};

WebAsset asset_of(const EmbeddedFile& file) {
    const auto type = std::ranges::find_if(kTypes, [&](const Type& each) { return file.name.ends_with(each.ending); });
    if (type == kTypes.end()) throw std::logic_error("no content type is known for " + std::string(file.name));
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits(file.content.data(), file.content.size())));
    const std::string_view stem = file.name.substr(0, file.name.size() - type->ending.size());
    return {"/assets/" + std::string(stem) + "." + hash + std::string(type->ending), type->content_type, file.content};
}

}  // namespace

const std::vector<WebAsset>& web_assets() {
    static const std::vector<WebAsset> assets = [] {
        std::vector<WebAsset> made;
        for (const EmbeddedFile& file : embedded_web_assets()) made.push_back(asset_of(file));
        return made;
    }();
    return assets;
}

const WebAsset* find_asset(std::string_view address) {
    const auto found = std::ranges::find(web_assets(), address, &WebAsset::address);
    return found == web_assets().end() ? nullptr : &*found;
}

const std::string& asset_address(std::string_view name) {
    const auto files = embedded_web_assets();
    const auto found = std::ranges::find(files, name, &EmbeddedFile::name);
    if (found == files.end()) throw std::logic_error("the asset " + std::string(name) + " is not embedded");
    return web_assets().at(static_cast<std::size_t>(found - files.begin())).address;
}

std::string_view page_template(std::string_view name) {
    for (const EmbeddedFile& file : embedded_web_templates())
        if (file.name == name) return file.content;
    throw std::logic_error("the template " + std::string(name) + " is not embedded");
}

}  // namespace culprit
