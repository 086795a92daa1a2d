// The server that this project replaces: a client map, a mutex, a broadcast channel.
package main

import (
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

var (
	mutex     sync.Mutex
	clients   = map[*websocket.Conn]bool{}
	broadcast = make(chan []byte, 256)
	upgrader  = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
)

func handle(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	mutex.Lock()
	clients[conn] = true
	mutex.Unlock()
	defer func() {
		mutex.Lock()
		delete(clients, conn)
		mutex.Unlock()
		conn.Close()
	}()
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		broadcast <- message
	}
}

func main() {
	go func() {
		for message := range broadcast {
			mutex.Lock()
			for conn := range clients {
				if conn.WriteMessage(websocket.TextMessage, message) != nil {
					conn.Close()
					delete(clients, conn)
				}
			}
			mutex.Unlock()
		}
	}()
	http.HandleFunc("/", handle)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
