// Plays the vendor's client inside the app's frame: the client itself is the helpdesk page's.
window.app = { initialized: async () => window.parent.freshdesk.client };
