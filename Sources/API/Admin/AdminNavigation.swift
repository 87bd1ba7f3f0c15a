/// Values of the template `admin-nav`: the search box, and links between the admin pages.
enum AdminNavigation {
    /// - Parameter searched: The text in the search box.
    static func view(_ current: String, searched: String? = nil) -> View {
        let links = [
            ("Users", "/admin/users"), ("Orders", "/admin/orders"), ("Reports", "/admin/reports"),
            ("Catalogue", "/admin/catalogue"), ("Frozen orders", "/admin/frozen"), ("Security log", "/admin/security"),
        ]
        return [
            "searched": searched, "links": links.map { ["text": $0, "path": $1, "current": $1 == current] as View },
        ]
    }
}
