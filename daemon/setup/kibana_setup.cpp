#include "daemon/setup/kibana_setup.h"

#include <map>

namespace culprit {
namespace {

using Json = nlohmann::json;

constexpr const char* kBoundary = "culprit-saved-objects";  // no JSON of one line begins with two hyphens and this

std::string in_space(const KibanaSettings& settings, const std::string& target) {
    return settings.space.empty() ? target : "/s/" + settings.space + target;
}

HttpRequest request_to(const KibanaSettings& settings, const std::string& method, const std::string& target, std::string body) {
    HttpRequest request;
    request.method = method;
    request.target = in_space(settings, target);
    request.body = std::move(body);
    request.headers = {{"kbn-xsrf", "culprit"}, {"osd-xsrf", "culprit"}};  // refused is what a browser's form could have sent
    return request;
}

Error refused(const SetupStep& step, const HttpResponse& response) {
    const Json body = json_of(response);
    const std::string reason = body.is_object() ? body.value("message", body.dump()) : response.body;
    return Error{"kibana answers " + std::to_string(response.status) + " to " + step.request.method + " " + step.request.target +
                 ": " + reason.substr(0, 500)};
}

Result<Done> import(const Ask& kibana, const SetupStep& step) {
    const auto response = kibana(step.request);
    if (!response) return response.error();
    const Json body = json_of(response.value());
    // An import that failed for some of the objects is a 200, too.
    if (response.value().status != 200 || !body.is_object() || body.value("success", false) == false)
        return refused(step, response.value());
    return Done{};
}

Result<Done> put_rule(const Ask& kibana, const KibanaSettings& settings, const KibanaRule& rule,
                      const std::function<void(const std::string&)>& said) {
    const auto there = kibana(request_to(settings, "GET", "/api/alerting/rule/" + rule.id, ""));
    if (!there) return there.error();
    const SetupStep step = rule_step(settings, rule, there.value().status == 200);
    const auto response = kibana(step.request);
    if (!response) return response.error();
    if (response.value().status != 200) return refused(step, response.value());
    said(step.what);
    return Done{};
}

}  // namespace

SetupStep import_step(const KibanaSettings& settings, const KibanaObjects& objects) {
    std::string body = std::string("--") + kBoundary +
                       "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"culprit.ndjson\"\r\n"
                       "Content-Type: application/ndjson\r\n\r\n";
    std::map<std::string, int> count;
    for (const Json& object : objects.saved_objects) {
        body += object.dump() + "\n";
        ++count[object["type"].get<std::string>()];
    }
    body += std::string("\r\n--") + kBoundary + "--\r\n";
    SetupStep step;
    step.request = request_to(settings, "POST", "/api/saved_objects/_import?overwrite=true", std::move(body));
    step.request.content_type = std::string("multipart/form-data; boundary=") + kBoundary;
    step.what = std::to_string(count["index-pattern"]) + " data views, " + std::to_string(count["search"]) + " searches, " +
                (count["visualization"] > 0 ? std::to_string(count["visualization"]) + " visualisations, " : "") +
                std::to_string(count["dashboard"]) + " dashboards";
    return step;
}

SetupStep rule_step(const KibanaSettings& settings, const KibanaRule& rule, bool exists) {
    Json body = rule.body;
    if (exists) {  // these two are fixed when a rule is made, and refused afterwards
        body.erase("consumer");
        body.erase("rule_type_id");
    }
    return {"the rule '" + rule.body["name"].get<std::string>() + "'",
            request_to(settings, exists ? "PUT" : "POST", "/api/alerting/rule/" + rule.id, body.dump())};
}

Result<Done> set_kibana_up(const KibanaSettings& settings, const std::string& incidents,
                           const std::function<void(const std::string&)>& said) {
    const auto url = parse_http_url(settings.url);
    if (!url) return Error{"kibana.url: " + url.error().message};
    HttpClientSettings client;
    client.urls = {url.value()};
    client.login = settings.login;
    const Ask kibana = ask_server(std::move(client));

    const auto status = kibana(request_to(settings, "GET", "/api/status", ""));
    if (!status) return status.error();
    const Json body = json_of(status.value());
    const Json::json_pointer number("/version/number");
    if (!body.is_object() || !body.contains(number))
        return Error{"what answers at " + settings.url + " is no Kibana, or wants another api_key: its /api/status (" +
                     std::to_string(status.value().status) + ") names no version"};
    const auto version = parse_kibana_version(body[number].get<std::string>());
    if (!version) return version.error();

    const KibanaObjects objects = kibana_objects(version.value(), incidents, settings.page);
    const SetupStep step = import_step(settings, objects);
    if (const auto done = import(kibana, step); !done) return done;
    said(step.what);
    if (version.value().opensearch) said("no rules: OpenSearch alerts by monitors of its own, or let culprit alert");
    for (const KibanaRule& rule : objects.rules)
        if (const auto done = put_rule(kibana, settings, rule, said); !done) return done;
    return Done{};
}

}  // namespace culprit
