#include "correlator/document_json.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace culprit {

namespace {

OrderedJson json_of(const DatabaseObject& object) {
    OrderedJson json;
    put(json, "type", object.type);
    put(json, "schema", object.schema);
    put(json, "name", object.name);
    put(json, "table", object.table);
    put(json, "column", object.column);
    put(json, "constraint", object.constraint);
    put(json, "referenced_table", object.referenced_table);
    return json;
}

}  // namespace

double rounded_to_thousandths(double value) { return std::round(value * 1000.0) / 1000.0; }

void put(OrderedJson& object, const char* key, const std::string& value) {
    if (!value.empty()) object[key] = value;
}

OrderedJson json_of(const std::vector<DatabaseObject>& objects) {
    OrderedJson json = OrderedJson::array();
    for (const DatabaseObject& object : objects) json.push_back(json_of(object));
    return json;
}

OrderedJson json_of(const SourcePosition& source) {
    OrderedJson json{{"type", to_string(source.input.type)}, {"name", source.input.name}};
    if (source.input.type == SourceType::kafka) json["partition"] = source.input.partition;
    json["offset"] = source.offset.value;
    if (source.line) json["line"] = *source.line;
    return json;
}

OrderedJson json_of(const std::vector<SourcePosition>& sources) {
    OrderedJson json = OrderedJson::array();
    for (const SourcePosition& source : sources) json.push_back(json_of(source));
    return json;
}

OrderedJson json_of(const std::set<Link>& links) {
    OrderedJson json = OrderedJson::array();
    for (const Link& link : links) {
        std::string title = link.what;
        std::ranges::replace(title, '_', ' ');
        if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
        json.push_back({{"title", title}, {"url", link.url}});
    }
    return json;
}

double seconds_of(Duration duration) { return rounded_to_thousandths(std::chrono::duration<double>(duration).count()); }

std::string dumped(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

}  // namespace culprit
